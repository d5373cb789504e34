/** What one thread may take from the JavaScript heap; buffers lie outside it and are counted by their owners. */
import type { ResourceLimits } from 'node:worker_threads';

/**
 * 256 MiB is ten times what the largest actor needs with 20,000 catalogue rows: a leak ends that thread with
 * an error the supervisor can report, long before it ends the process.
 *
 * What lives shortly has 8 MiB: without a bound each thread lets that grow to 48 before it tidies up, and strangers who
 * only knock, on every port, cost 180 MiB; with it 80.
 */
export const THREAD_LIMITS: ResourceLimits = {
  maxOldGenerationSizeMb: 256,
  maxYoungGenerationSizeMb: 8,
};
