/** How much is done for peers who ask: so much for each, and so much for all together. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import { type Bucket, type Rate, takeToken } from '#src/domain/token-bucket.js';

/** As many as have a link at once; whoever asked longest ago begins anew, and what is done for all bounds that. */
const MOST_PEERS = 256;

export class Allowance {
  readonly #ofOne: Rate;
  readonly #ofAll: Rate;
  /** Who asked last is last. */
  readonly #each = new Map<PeerId, Bucket>();
  #all: Bucket | undefined;

  constructor(ofOne: Rate, ofAll: Rate) {
    this.#ofOne = ofOne;
    this.#ofAll = ofAll;
  }

  /** @returns whether it may be done once more for that peer, and has been counted. */
  take(peer: PeerId, now: number): boolean {
    const one = takeToken(this.#each.get(peer), this.#ofOne, now);
    const all = takeToken(this.#all, this.#ofAll, now);
    if (one === undefined || all === undefined) return false;
    this.#all = all;
    this.#each.delete(peer);
    this.#each.set(peer, one);
    const [oldest] = this.#each.keys();
    if (this.#each.size > MOST_PEERS && oldest !== undefined) this.#each.delete(oldest);
    return true;
  }
}
