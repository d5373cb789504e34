/**
 * What is staged by one listing, seen by another: files lie by their paths, so most of what is here lies where the other
 * has it too, under other chunk numbers. A guess until the chunk's hash proves it. Pure.
 */
import type { ChunkIndex } from '#src/domain/ids.js';
import type { ChunkSet } from './chunk-set.js';
import { findEntry, isFile, pathBytesOf, sizeOf } from './entries.js';
import { chunksOf, type Part, partsOf } from './layout.js';
import type { Manifest } from './manifest.js';

type Listing = Pick<Manifest, 'entries' | 'layout'>;

/**
 * @param have the chunks of `earlier` that are here
 * @returns the chunks of `wanted` that lie, as a whole, within what those brought to the same places of the same paths
 */
export function chunksRelaid(wanted: Listing, earlier: Listing, have: ChunkSet): ChunkIndex[] {
  const { entries, layout } = wanted;
  const found: ChunkIndex[] = [];
  let last = -1;
  let there = -1;
  const isHere = (part: Part) => {
    // A large file's chunks follow each other: its path is looked for once.
    if (part.entry !== last) there = findEntry(earlier.entries, pathBytesOf(entries, part.entry));
    last = part.entry;
    return there !== -1 && hasBytes(earlier, have, there, part);
  };
  for (let index = 0; index < layout.chunks; index += 1) {
    if (partsOf(layout, entries, index).every(isHere)) found.push(index as ChunkIndex);
  }
  return found;
}

/** Whether all bytes of a part have come to this file. */
function hasBytes(
  { entries, layout }: Listing,
  have: ChunkSet,
  entry: number,
  { fileOffset, bytes }: Part,
): boolean {
  const end = fileOffset + bytes;
  if (!isFile(entries, entry) || end > sizeOf(entries, entry)) return false;
  const [first, count] = chunksOf(layout, entries, entry);
  // Of what is packed, one chunk has it all.
  const at = (offset: number) =>
    count === 1 ? first : first + Math.floor(offset / layout.chunkBytes);
  for (let index = at(fileOffset); index <= at(end - 1); index += 1) {
    if (!have.has(index)) return false;
  }
  return true;
}
