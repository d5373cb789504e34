/** How much of each part of a content is here, in few cells however many chunks it has. Pure. */
import type { ChunkSet } from './chunk-set.js';

export type ChunkMap = {
  readonly chunks: number;
  readonly have: number;
  /** Of each part, in their order, how much of it is here: 0 to 100; 0 where there is nothing of it, 100 where there is all. */
  readonly cells: readonly number[];
};

/** More would be thinner than a pixel on a small screen, and this is a kilobyte at most. */
const MOST_CELLS = 256;

export function chunkMapOf(set: ChunkSet): ChunkMap {
  const count = Math.min(set.size, MOST_CELLS);
  const cells = Array.from({ length: count }, (_, cell) => {
    const first = Math.floor((cell * set.size) / count);
    const end = Math.floor(((cell + 1) * set.size) / count);
    return percentOf(set.countIn(first, end), end - first);
  });
  return { chunks: set.size, have: set.count, cells };
}

function percentOf(have: number, all: number): number {
  if (have === 0 || have === all) return have === 0 ? 0 : 100;
  return Math.min(Math.max(Math.round((have / all) * 100), 1), 99);
}
