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

/** The key of the one row that counts. */
const LAST = 'last';

export type OfferNumbersParts = {
  readonly database: Pick<Database, 'all' | 'get' | 'put' | 'remove'>;
  readonly tell: (event: PeerEvent) => void;
};

export class OfferNumbers {
  readonly #with: OfferNumbersParts;
  readonly #all = new Map<OfferKey, OfferNumberRecord>();
  #last = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: OfferNumbersParts) {
    this.#with = parts;
  }

  /** Those of earlier starts. */
  async read(): Promise<void> {
    const { database } = this.#with;
    for (const [key, record] of await database.all('offerNumbers')) {
      this.#all.set(key as OfferKey, record);
    }
    const highest = [...this.#all.values()].map(({ number }) => number);
    const counted = (await database.get('offerCount', LAST))?.last ?? 0;
    this.#last = Math.max(counted, ...highest);
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
    this.#inTurn(async () => {
      // First: a number that was shown is used up, whatever becomes of its row.
      await this.#with.database.put('offerCount', LAST, { last: record.number });
      if (this.#all.get(key) === record) await this.#with.database.put('offerNumbers', key, record);
    });
    this.#bound();
    return record.number;
  }

  /** It waits no more. */
  forget(key: OfferKey): void {
    if (!this.#all.delete(key)) return;
    this.#inTurn(async () => {
      if (!this.#all.has(key)) await this.#with.database.remove('offerNumbers', key);
    });
  }

  /** Resolves once what was given until now is stored. */
  async written(): Promise<void> {
    await this.#writing;
  }

  #bound(): void {
    if (this.#all.size <= MOST) return;
    const byNumber = [...this.#all].toSorted(([, one], [, other]) => one.number - other.number);
    for (const [key] of byNumber.slice(0, this.#all.size - MOST)) this.forget(key);
  }

  #inTurn(work: () => Promise<void>): void {
    this.#writing = this.#writing
      .then(work)
      .catch((error: Error) => this.#with.tell(databaseError(error)));
  }
}
