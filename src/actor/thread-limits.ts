/** What one thread may take from the JavaScript heap; buffers lie outside it and are counted by their owners. */
import type { ResourceLimits } from 'node:worker_threads';

/**
 * 256 MiB is ten times what the largest actor needs with 20,000 catalogue rows: a leak ends that thread with
 * an error the supervisor can report, long before it ends the process.
 *
 * What lives shortly has 3 MiB, of which V8 uses 2: without a bound each thread lets that grow to 48 before it tidies
 * up, and strangers who only knock, on every port, cost 180 MiB. With 8 a peer that is knocked at reaches 263 MiB, with
 * 3 it reaches 241; a download is as fast with either.
 */
export const THREAD_LIMITS: ResourceLimits = {
  maxOldGenerationSizeMb: 256,
  maxYoungGenerationSizeMb: 3,
};
