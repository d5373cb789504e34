/**
 * How much linked peers may say to this one alone. By peer and not by link, so that a new link is no new beginning;
 * and in all, as identities are free.
 */
import type { PeerId } from '#src/domain/ids.js';
import { SharedBuckets } from './keyed-buckets.js';
import type { Rate } from './token-bucket.js';

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

export class DirectGate extends SharedBuckets<PeerId> {
  constructor({ ofOne, ofAll }: DirectRates) {
    super(ofOne, ofAll, MOST_PEERS);
  }
}
