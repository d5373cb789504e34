/** Counts since the start, for `status`. */
export type Statistics = { servedBytes: number; keptChunks: number };
