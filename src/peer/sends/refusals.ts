/**
 * Offers that are not wanted here: turned down, or given up after they were accepted. Their senders hear so again where they
 * come back, and nobody is asked twice. What the user said himself outlasts restarts.
 */
import type { OfferKey } from '#src/domain/send/send-offer.js';
import type { Database } from '#src/io/disk/database.js';
import type { PeerEvent } from '#src/peer/events.js';
import { databaseError } from '#src/peer/shares/share-news.js';

/** More than a user says no to between two visits of a sender; the oldest goes first. */
const MOST = 1000;

export type RefusalsParts = {
  readonly database: Pick<Database, 'all' | 'put' | 'remove'>;
  readonly tell: (event: PeerEvent) => void;
};

export class Refusals {
  readonly #with: RefusalsParts;
  /** Oldest first; with whether it is kept. */
  readonly #all = new Map<OfferKey, boolean>();
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: RefusalsParts) {
    this.#with = parts;
  }

  /** Those of earlier starts. */
  async read(): Promise<void> {
    const rows = await this.#with.database.all('refused');
    const oldestFirst = rows.toSorted(([, one], [, other]) => one.at - other.at);
    for (const [key] of oldestFirst) this.#all.set(key as OfferKey, true);
    this.#bound();
  }

  has(key: OfferKey): boolean {
    return this.#all.has(key);
  }

  /** @param isKept for later starts: the user said so. Where nobody was asked a later one may be told otherwise. */
  add(key: OfferKey, isKept: boolean): void {
    this.#all.delete(key);
    this.#all.set(key, isKept);
    if (isKept) this.#inTurn(() => this.#with.database.put('refused', key, { at: Date.now() }));
    this.#bound();
  }

  /** Resolves once all is stored. */
  async written(): Promise<void> {
    await this.#writing;
  }

  #bound(): void {
    for (const [key, isKept] of this.#all) {
      if (this.#all.size <= MOST) return;
      this.#all.delete(key);
      if (isKept) this.#inTurn(() => this.#with.database.remove('refused', key));
    }
  }

  #inTurn(work: () => Promise<void>): void {
    this.#writing = this.#writing
      .then(work)
      .catch((error: Error) => this.#with.tell(databaseError(error)));
  }
}
