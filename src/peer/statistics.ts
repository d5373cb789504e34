/** Counts since the start, for `status`. */
import type { Strays } from '#src/domain/datagram/strays.js';

export type Statistics = { servedBytes: number; keptChunks: number; readonly strays: Strays };
