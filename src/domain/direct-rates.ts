/**
 * How much linked peers may say to this one alone. By peer and not by link, so that a new link is no new beginning;
 * and in all, as identities are free.
 */
import type { PeerId } from './ids.js';
import { type Bucket, type Rate, takeToken } from './token-bucket.js';

export type DirectRates = { readonly ofOne: Rate; readonly ofAll: Rate };

/** Private messages: faster than anybody types. Whoever comes back delivers all that waited, 100 at most, at once. */
export const TELL_RATES: DirectRates = {
  ofOne: { perSecond: 5, burst: 100 },
  // Each costs a signature's check and a write, half a millisecond: a tenth of a thread's time.
  ofAll: { perSecond: 200, burst: 400 },
};

/** All else: a few words for each thing a user does. */
export const OTHER_RATES: DirectRates = {
  ofOne: { perSecond: 20, burst: 200 },
  ofAll: { perSecond: 400, burst: 400 },
};

/** Peers whose rate is followed; whoever spoke longest ago begins anew. More than links there can be. */
const MOST_PEERS = 4096;

export class DirectGate {
  readonly #rates: DirectRates;
  readonly #buckets = new Map<PeerId, Bucket>();
  #all: Bucket | undefined;

  constructor(rates: DirectRates) {
    this.#rates = rates;
  }

  /** @param now monotonic milliseconds. @returns whether one more of this peer is taken. */
  passes(peer: PeerId, now: number): boolean {
    const { ofOne, ofAll } = this.#rates;
    // What one says too much is not taken from what all may say.
    const own = takeToken(this.#buckets.get(peer), ofOne, now);
    const all = own && takeToken(this.#all, ofAll, now);
    if (own === undefined || all === undefined) return false;
    this.#all = all;
    this.#buckets.delete(peer);
    this.#buckets.set(peer, own);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MOST_PEERS && oldest !== undefined) this.#buckets.delete(oldest);
    return true;
  }
}
