/** Time for the supervisor, given from outside so that tests need not wait for it. */
import { performance } from 'node:perf_hooks';

export type Clock = {
  /** Milliseconds, never going back. */
  now(): number;
  /** @returns what cancels it. */
  every(ms: number, run: () => void): () => void;
  after(ms: number, run: () => void): () => void;
};

export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Time in which the process was awake: a step longer than `stepMs` counts as `stepMs`, so that a suspended
 * process finds no deadline passed when it wakes. Read it at least every `stepMs`.
 */
export function awakeTime(clock: Pick<Clock, 'now'>, stepMs: number): () => number {
  let read = clock.now();
  let awake = 0;
  return () => {
    const now = clock.now();
    awake += Math.min(now - read, stepMs);
    read = now;
    return awake;
  };
}
