/**
 * Calls once when nothing restarted or stopped it in time. Counted in ticks, so that a process that was
 * suspended blames nobody when it wakes: the time it slept is one tick at most.
 */
export type Deadline = {
  restart(): void;
  stop(): void;
  /** What passes until `goOn` does not count. */
  hold(): void;
  goOn(): void;
};

/** How finely it is counted: it may be late by so small a part. */
const TICKS = 20;

export function createDeadline(timeoutMs: number, onLate: () => void): Deadline {
  let ticker: NodeJS.Timeout | undefined;
  let left = TICKS;
  let isHeld = false;
  const stop = () => clearInterval(ticker);
  const tick = () => {
    if (isHeld) return;
    left -= 1;
    if (left > 0) return;
    stop();
    onLate();
  };
  return {
    stop,
    hold() {
      isHeld = true;
    },
    goOn() {
      isHeld = false;
    },
    restart() {
      stop();
      left = TICKS;
      ticker = setInterval(tick, timeoutMs / TICKS);
    },
  };
}
