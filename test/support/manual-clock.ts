import type { Clock } from '#src/supervision/clock.js';

export type ManualClock = Clock & { pass(ms: number): void; sleep(ms: number): void };

/** A clock that a test turns by hand. `sleep`: time passes, but nothing of the process runs. */
export function manualClock(): ManualClock {
  let now = 0;
  const timers = new Set<{
    at: number;
    readonly every: number | undefined;
    readonly run: () => void;
  }>();
  const add = (ms: number, every: number | undefined, run: () => void) => {
    const timer = { at: now + ms, every, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const runNext = (until: number): boolean => {
    const [next] = [...timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
    if (next === undefined) return false;
    now = Math.max(now, next.at);
    if (next.every === undefined) timers.delete(next);
    else next.at = now + next.every;
    next.run();
    return true;
  };
  return {
    now: () => now,
    every: (ms, run) => add(ms, ms, run),
    after: (ms, run) => add(ms, undefined, run),
    pass: (ms) => {
      const until = now + ms;
      while (runNext(until));
      now = until;
    },
    sleep: (ms) => {
      now += ms;
    },
  };
}
