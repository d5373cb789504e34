/**
 * Which bytes make which chunk, derived from the entries and the chunk size alone, so that both ends cut
 * alike and nothing of it travels:
 * - first the chunks of every file of at least a chunk, in path order; its last one may be short;
 * - then packs of whole smaller files, in path order. A pack ends where the next file does not fit, has
 *   4,096 files, or ends before a *boundary file*: one whose path's BLAKE3, first four bytes as a u32, lies
 *   below 2^32 x its size / chunk size. That is about one boundary for every chunk size of small files, and
 *   it depends on no other file: one file more does not shift the packs behind the next boundary.
 * Empty files and directories belong to no chunk.
 */

import { LIMITS } from '#src/domain/limits.js';
import type { Entries } from './entries.js';
import { isFile, malformed, pathBytesOf, sizeOf } from './entries.js';
import type { Hash } from './hash.js';

/** Bounds the places one chunk is written to, and so the work one chunk can make. */
export const PACK_FILES = 4096;

/** Typed arrays only: a few bytes for each entry, none for a chunk. */
export type Layout = {
  readonly chunkBytes: number;
  readonly totalBytes: number;
  readonly chunks: number;
  /** Chunks below this one belong to single large files; the others are packs. */
  readonly largeChunks: number;
  /** Entries of a chunk or more, ascending, and the first chunk of each. */
  readonly largeEntries: Uint32Array;
  readonly largeFirst: Uint32Array;
  /** Entries of less than a chunk but not empty, ascending; pack p is `packStarts[p]` to `[p + 1]` of them. */
  readonly smallEntries: Uint32Array;
  readonly packStarts: Uint32Array;
};

/** A run of one file's bytes inside a chunk. */
export type Part = {
  readonly entry: number;
  readonly fileOffset: number;
  readonly chunkOffset: number;
  readonly bytes: number;
};

/** @throws P2pError `protocol` where sizes or counts leave their limits. */
export function layoutOf(entries: Entries, chunkBytes: number, hash: Hash): Layout {
  const large = new Uint32Array(entries.count);
  const first = new Uint32Array(entries.count);
  const small = new Uint32Array(entries.count);
  let largeCount = 0;
  let smallCount = 0;
  let largeChunks = 0;
  let totalBytes = 0;
  for (let entry = 0; entry < entries.count; entry += 1) {
    const size = sizeOf(entries, entry);
    totalBytes += size;
    if (totalBytes > Number.MAX_SAFE_INTEGER) throw malformed('it is larger than 2^53 bytes');
    if (size >= chunkBytes) {
      large[largeCount] = entry;
      first[largeCount] = largeChunks;
      largeCount += 1;
      largeChunks += Math.ceil(size / chunkBytes);
      if (largeChunks > LIMITS.chunks) throw malformed('it has too many chunks');
    } else if (size > 0) {
      small[smallCount] = entry;
      smallCount += 1;
    }
  }
  const smallEntries = small.slice(0, smallCount);
  const packStarts = packStartsOf(entries, smallEntries, chunkBytes, hash);
  const chunks = largeChunks + packStarts.length - 1;
  if (chunks > LIMITS.chunks) throw malformed('it has too many chunks');
  return {
    chunkBytes,
    totalBytes,
    chunks,
    largeChunks,
    largeEntries: large.slice(0, largeCount),
    largeFirst: first.slice(0, largeCount),
    smallEntries,
    packStarts,
  };
}

/** @returns how many bytes chunk `index` has. */
export function chunkLength(layout: Layout, entries: Entries, index: number): number {
  if (index < layout.largeChunks) return largePart(layout, entries, index).bytes;
  let bytes = 0;
  for (const entry of packOf(layout, index)) bytes += sizeOf(entries, entry);
  return bytes;
}

/** @returns the runs that make chunk `index`, in the order of its bytes. */
export function partsOf(layout: Layout, entries: Entries, index: number): readonly Part[] {
  if (index < layout.largeChunks) return [largePart(layout, entries, index)];
  let chunkOffset = 0;
  return Array.from(packOf(layout, index), (entry) => {
    const bytes = sizeOf(entries, entry);
    const part = { entry, fileOffset: 0, chunkOffset, bytes };
    chunkOffset += bytes;
    return part;
  });
}

/** @returns whether a file travels in a pack with others, whole. */
export function isPacked(layout: Layout, entries: Entries, entry: number): boolean {
  const size = sizeOf(entries, entry);
  return size > 0 && size < layout.chunkBytes;
}

/** @returns the chunks that hold an entry's bytes: a first one and how many; none for a directory. */
export function chunksOf(
  layout: Layout,
  entries: Entries,
  entry: number,
): readonly [number, number] {
  const size = isFile(entries, entry) ? sizeOf(entries, entry) : 0;
  if (size === 0) return [0, 0];
  if (size >= layout.chunkBytes) {
    const position = lastAtMost(layout.largeEntries, entry);
    return [layout.largeFirst[position] ?? 0, Math.ceil(size / layout.chunkBytes)];
  }
  const pack = lastAtMost(layout.packStarts, lastAtMost(layout.smallEntries, entry));
  return [layout.largeChunks + pack, 1];
}

/** @returns the entries of a pack, a view. @param index a chunk not below `largeChunks`. */
function packOf(layout: Layout, index: number): Uint32Array {
  const start = layout.packStarts[index - layout.largeChunks];
  const end = layout.packStarts[index - layout.largeChunks + 1];
  if (start === undefined || end === undefined) throw new RangeError(`no chunk ${index}`);
  return layout.smallEntries.subarray(start, end);
}

function largePart(layout: Layout, entries: Entries, index: number): Part {
  const position = lastAtMost(layout.largeFirst, index);
  const entry = layout.largeEntries[position];
  if (entry === undefined) throw new RangeError(`no chunk ${index}`);
  const fileOffset = (index - (layout.largeFirst[position] ?? 0)) * layout.chunkBytes;
  const bytes = Math.min(layout.chunkBytes, sizeOf(entries, entry) - fileOffset);
  return { entry, fileOffset, chunkOffset: 0, bytes };
}

function packStartsOf(
  entries: Entries,
  small: Uint32Array,
  chunkBytes: number,
  hash: Hash,
): Uint32Array {
  const starts = new Uint32Array(small.length + 1);
  let packs = 0;
  let start = 0;
  let filled = 0;
  for (let position = 0; position < small.length; position += 1) {
    const entry = small[position] ?? 0;
    const size = sizeOf(entries, entry);
    const isFull = filled + size > chunkBytes || position - start === PACK_FILES;
    if (position > start && (isFull || isBoundary(entries, entry, size, chunkBytes, hash))) {
      packs += 1;
      starts[packs] = position;
      start = position;
      filled = 0;
    }
    filled += size;
  }
  if (small.length === 0) return starts;
  starts[packs + 1] = small.length;
  return starts.slice(0, packs + 2);
}

/** Exact: chunk sizes are powers of two, so the product stays below 2^53. */
function isBoundary(
  entries: Entries,
  entry: number,
  size: number,
  chunkBytes: number,
  hash: Hash,
): boolean {
  const digest = hash(pathBytesOf(entries, entry));
  const [a = 0, b = 0, c = 0, d = 0] = digest;
  const drawn = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  return drawn < (2 ** 32 / chunkBytes) * size;
}

/** @returns the last position in an ascending array whose value is at most `value`, -1 if none. */
export function lastAtMost(ascending: Uint32Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
