/**
 * Listens while somebody may see the page. A browser has six connections to one peer for all of its tabs, and each stream of
 * events holds one: a tab that stays hidden lets its own go, and opens one anew, which reads all anew, once it is shown.
 */
import type { StreamListener } from './event-stream.js';

/** Whether a tab is shown. */
export type Sight = {
  readonly isHidden: () => boolean;
  /** Calls `told` at each change, until `signal` aborts. */
  readonly watch: (told: () => void, signal: AbortSignal) => void;
};

/** Who looks into another tab and comes back waits for nothing; six tabs are seldom opened in less. */
const HIDDEN_MS = 10_000;

/** Until `signal` aborts, or the token is refused. @param follow listens until its signal aborts. */
export async function listenWhileShown(
  sight: Sight,
  lost: StreamListener['lost'],
  follow: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await untilShown(sight, signal);
    if (signal.aborted) return;
    const hidden = hiddenFor(sight, signal);
    try {
      await follow(hidden.signal);
    } catch (error) {
      lost('gone');
      throw error;
    } finally {
      hidden.end();
    }
    // It ended by itself: it was refused.
    if (!hidden.wasLong()) return;
    lost('hidden');
  }
}

/** Or until `signal` aborts. */
function untilShown(sight: Sight, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  return new Promise((resolve) => {
    const look = () => {
      if (sight.isHidden() && !signal.aborted) return;
      done.abort();
      resolve();
    };
    signal.addEventListener('abort', look, { signal: done.signal });
    sight.watch(look, done.signal);
    look();
  });
}

/** Its signal aborts with `outer`, or once the page was hidden for long without a break. */
function hiddenFor(sight: Sight, outer: AbortSignal) {
  const long = new AbortController();
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (sight.isHidden()) timer = setTimeout(() => long.abort(), HIDDEN_MS);
  };
  sight.watch(look, over.signal);
  look();
  const end = () => {
    clearTimeout(timer);
    over.abort();
  };
  const signal = AbortSignal.any([outer, long.signal]);
  return { signal, end, wasLong: () => long.signal.aborted };
}
