/**
 * What may leave ahead of what the way itself holds, so that late timers do not leave it empty. It is counted in time, and
 * falls with the root of the rate. Time in microseconds, rates in bytes a microsecond.
 */

/** So much time's worth at 100 Mbit/s, which covers late timers. */
const AHEAD_US = 8000;
const AHEAD_AT_RATE = 12.5;
/** Not less than a burst that makes up for a late timer (`pacer.ts`); not more than twice the above: queues are short. */
const SHORTEST_US = 4000;
const LONGEST_US = 16_000;

/**
 * Whoever finds half of it waiting for a whole round drains at once: of two who share a way that is the one who has more,
 * and so they draw level.
 */
const WAITING_SHARE = 0.5;

/** Two of ours at once: more than that is not made by us. */
export const MOST_OWN_US = 2 * LONGEST_US;

/** @param rate 0 where nothing is known. */
export function aheadUs(rate: number): number {
  const us = AHEAD_US * Math.sqrt(AHEAD_AT_RATE / rate);
  return Math.min(LONGEST_US, Math.max(SHORTEST_US, us));
}

/** Whether so long a wait is too much of it. */
export function isTooMuchWaiting(waitingUs: number, rate: number): boolean {
  return waitingUs > WAITING_SHARE * aheadUs(rate);
}
