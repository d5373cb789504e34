/** What one thread may take from the JavaScript heap; buffers lie outside it and are counted by their owners. */
import type { ResourceLimits } from 'node:worker_threads';

/**
 * 256 MiB is ten times what the largest actor needs with 20,000 catalogue rows: a leak ends that thread with
 * an error the supervisor can report, long before it ends the process.
 */
export const THREAD_LIMITS: ResourceLimits = { maxOldGenerationSizeMb: 256 };
