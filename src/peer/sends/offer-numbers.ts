/**
 * By which numbers the user calls what waits for his word. An offer keeps its number as long as it stands as it is, over
 * restarts; none ever means another one, in this data folder.
 */
import {
  type HeardOffer,
  isSameOffer,
  type OfferKey,
  offerKey,
} from '#src/domain/send/send-offer.js';
import type { Database } from '#src/io/disk/database.js';
import type { OfferNumberRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import { databaseError } from '#src/peer/shares/share-news.js';

/** Twice what may wait here: senders who are away keep theirs. The lowest goes first. */
const MOST = 1000;

/** Used up at once, and stored as that: one synced write for so many, whoever offers and takes back for ever. */
const BLOCK = 100;

/** The key of the one row that counts. */
const LAST = 'last';

export type OfferNumbersParts = {
  readonly database: Pick<Database, 'all' | 'get' | 'put' | 'remove'>;
  readonly tell: (event: PeerEvent) => void;
};

export class OfferNumbers {
  readonly #with: OfferNumbersParts;
  readonly #all = new Map<OfferKey, OfferNumberRecord>();
  /** Keys with a row, or one that is being written; and keys whose row is not as it is here. Both are of few more than all. */
  readonly #rows = new Set<OfferKey>();
  readonly #changed = new Set<OfferKey>();
  #last = 0;
  /** No number up to this one is given after another start. */
  #reserved = 0;
  #writing: Promise<void> = Promise.resolve();
  /** A round that has not begun takes all that comes until it does. */
  #isDue = false;

  constructor(parts: OfferNumbersParts) {
    this.#with = parts;
  }

  /** Those of earlier starts. */
  async read(): Promise<void> {
    const { database } = this.#with;
    for (const [key, record] of await database.all('offerNumbers')) {
      this.#all.set(key as OfferKey, record);
      this.#rows.add(key as OfferKey);
    }
    const highest = [...this.#all.values()].map(({ number }) => number);
    const counted = (await database.get('offerCount', LAST))?.last ?? 0;
    this.#last = Math.max(counted, ...highest);
    this.#reserved = counted;
  }

  /** @returns the one it has, or from now on the next: what it was before had another. */
  of(offer: HeardOffer): number {
    const key = offerKey(offer.from, offer.offerId);
    const before = this.#all.get(key);
    if (before !== undefined && isSameOffer(before, offer)) return before.number;
    this.#last += 1;
    const { name, kind, bytes, files, draft } = offer;
    const record = { number: this.#last, name, kind, bytes, files, draft };
    this.#all.set(key, record);
    this.#changed.add(key);
    this.#soon();
    this.#bound();
    return record.number;
  }

  /** It waits no more: where no row was written yet, none is. */
  forget(key: OfferKey): void {
    if (!this.#all.delete(key)) return;
    if (this.#rows.has(key)) this.#changed.add(key);
    else this.#changed.delete(key);
    this.#soon();
  }

  /** Resolves once what was given until now is stored. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /** What is left of the block is free for the next start. Resolves once all is stored. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#reserved !== this.#last) this.#inTurn(() => this.#reserve(this.#last));
    await this.#writing;
  }

  #bound(): void {
    if (this.#all.size <= MOST) return;
    const byNumber = [...this.#all].toSorted(([, one], [, other]) => one.number - other.number);
    for (const [key] of byNumber.slice(0, this.#all.size - MOST)) this.forget(key);
  }

  #soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#inTurn(() => this.#round());
  }

  async #round(): Promise<void> {
    this.#isDue = false;
    // First: a number that was shown is used up, whatever becomes of its row.
    const block = Math.max(this.#last, this.#reserved + BLOCK);
    if (this.#last > this.#reserved) await this.#reserve(block);
    // What comes meanwhile waits for the next one: whoever waits for this one waits for no more.
    const changed = [...this.#changed];
    for (const key of changed) await this.#storeRow(key);
  }

  async #reserve(last: number): Promise<void> {
    await this.#with.database.put('offerCount', LAST, { last });
    this.#reserved = last;
  }

  async #storeRow(key: OfferKey): Promise<void> {
    if (!this.#changed.delete(key)) return;
    const record = this.#all.get(key);
    if (record !== undefined) {
      this.#rows.add(key);
      return this.#with.database.put('offerNumbers', key, record);
    }
    if (this.#rows.delete(key)) await this.#with.database.remove('offerNumbers', key);
  }

  #inTurn(work: () => Promise<void>): void {
    this.#writing = this.#writing
      .then(work)
      .catch((error: Error) => this.#with.tell(databaseError(error)));
  }
}
