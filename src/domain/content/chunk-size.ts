import { KiB, LIMITS } from '#src/domain/limits.js';

/** Smaller ones cost more in requests and hashes than they gain in sources at once. */
const SMALLEST = 256 * KiB;

/** So many pieces keep a dozen sources busy to the end; each more costs every machine a message, a write, a look. */
const WANTED_CHUNKS = 256;

/**
 * The chunk size of a content, from its total size alone, so that every machine cuts the same bytes alike:
 * the smallest power of two from 256 KiB to 4 MiB that makes at most 256 chunks, 4 MiB above that.
 */
export function chunkBytesFor(totalBytes: number): number {
  let size = SMALLEST;
  while (size < LIMITS.chunkBytes && totalBytes > size * WANTED_CHUNKS) size *= 2;
  return size;
}
