/** Which downloads may have how many request actors: the pool is bounded, and every download gets its share. */
import { availableParallelism } from 'node:os';
import { PRIORITIES, type Priority } from '#src/domain/send/transfer.js';

/** One of the pool's eight slots is the hasher's. */
export const POOL_SLOTS = 8;
const REQUEST_SLOTS = POOL_SLOTS - 1;

/**
 * Requests share as many threads as there are processors beside the one for all else. More would bring nothing but their
 * start, 80 ms of a processor each, and a switch between them for every few packets.
 */
export const REQUEST_THREADS = Math.max(1, Math.min(REQUEST_SLOTS, availableParallelism() - 1));

export type Wish = {
  readonly priority: Priority;
  /** As many as it has somebody to ask with, within what one download may have. */
  readonly slots: number;
};

/**
 * A lower priority gets what no higher one wants; among equals each gets one in turn.
 * @param wishes in the order in which the downloads began.
 * @returns slots for each; those that get 0 wait.
 */
export function shareSlots(wishes: readonly Wish[]): readonly number[] {
  const shares = wishes.map(() => 0);
  let spare = REQUEST_SLOTS;
  for (const priority of PRIORITIES) {
    for (let round = 1; round <= REQUEST_SLOTS; round += 1) {
      for (const [at, wish] of wishes.entries()) {
        if (spare === 0) return shares;
        if (wish.priority !== priority || wish.slots < round) continue;
        shares[at] = round;
        spare -= 1;
      }
    }
  }
  return shares;
}
