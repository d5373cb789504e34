/** How late a thread's event loop is: what a message or a heartbeat has to wait for. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Often enough for hundreds of values in a download, seldom enough to disturb nothing. */
const EVERY_MS = 5;

const NANOSECONDS_A_MS = 1e6;

export function createProbe() {
  const histogram = monitorEventLoopDelay({ resolution: EVERY_MS });
  histogram.enable();
  // It counts from tick to tick: what is beyond the interval is delay.
  const late = (nanoseconds) => Math.max(0, nanoseconds / NANOSECONDS_A_MS - EVERY_MS);
  return {
    begin: () => histogram.reset(),
    end: () => ({
      p50Ms: late(histogram.percentile(50)),
      p99Ms: late(histogram.percentile(99)),
      maxMs: late(histogram.max),
    }),
  };
}
