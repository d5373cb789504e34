/**
 * What was hashed before and is still true: entries whose file looks the same keep their hash, large ones
 * their chunk hashes, and a pack keeps its hash if it is made of the same files, all unchanged.
 */
import type { Entries } from '#src/domain/content/entries.js';
import {
  compareBytes,
  entryHashOf,
  isFile,
  pathBytesOf,
  sizeOf,
} from '#src/domain/content/entries.js';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import type { Layout } from '#src/domain/content/layout.js';
import { chunksOf, partsOf } from '#src/domain/content/layout.js';
import type { Fingerprints } from './fingerprints.js';
import { sameLook } from './fingerprints.js';

/** A content with its hashes and looks; entries that were not hashed look like nothing. */
export type Hashed = {
  readonly entries: Entries;
  readonly layout: Layout;
  readonly chunkHashes: Uint8Array;
  readonly looks: Fingerprints;
};

/**
 * Copies into `target` every hash that `known` has for it.
 * @returns one flag for each chunk of `target`: 1 where its hash, and those of its entries, are there.
 */
export function reuseHashes(target: Hashed, known: Hashed): Uint8Array {
  const unchanged = matchEntries(target, known);
  const { entries, layout } = target;
  const reused = new Uint8Array(layout.chunks);
  for (const [position, entry] of layout.largeEntries.entries()) {
    const other = unchanged[entry] ?? -1;
    if (other === -1 || known.layout.chunkBytes !== layout.chunkBytes) continue;
    const [first, count] = chunksOf(known.layout, known.entries, other);
    const start = layout.largeFirst[position] ?? 0;
    const from = known.chunkHashes.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES);
    target.chunkHashes.set(from, start * HASH_BYTES);
    entryHashOf(entries, entry).set(entryHashOf(known.entries, other));
    reused.fill(1, start, start + count);
  }
  for (let chunk = layout.largeChunks; chunk < layout.chunks; chunk += 1) {
    if (reusePack(target, known, unchanged, chunk)) reused[chunk] = 1;
  }
  return reused;
}

/**
 * Both are sorted: one walk through the two of them.
 * @returns for each entry of `target` the entry of `known` that is the same file unchanged, or -1.
 */
function matchEntries(target: Hashed, known: Hashed): Int32Array {
  const matches = new Int32Array(target.entries.count).fill(-1);
  let entry = 0;
  let other = 0;
  while (entry < target.entries.count && other < known.entries.count) {
    const path = pathBytesOf(target.entries, entry);
    const order = compareBytes(path, pathBytesOf(known.entries, other));
    if (order === 0 && isUnchanged(target, entry, known, other)) matches[entry] = other;
    if (order <= 0) entry += 1;
    if (order >= 0) other += 1;
  }
  return matches;
}

function isUnchanged(target: Hashed, entry: number, known: Hashed, other: number): boolean {
  if (!isFile(target.entries, entry) || !isFile(known.entries, other)) return false;
  if (sizeOf(known.entries, other) !== sizeOf(target.entries, entry)) return false;
  return sameLook(target.looks, entry, known.looks, other);
}

function reusePack(target: Hashed, known: Hashed, unchanged: Int32Array, chunk: number): boolean {
  const parts = partsOf(target.layout, target.entries, chunk);
  const others = parts.map(({ entry }) => unchanged[entry] ?? -1);
  const [first = -1] = others;
  if (first === -1 || others.includes(-1)) return false;
  const [before] = chunksOf(known.layout, known.entries, first);
  if (before < known.layout.largeChunks) return false;
  const packed = partsOf(known.layout, known.entries, before);
  const isSame =
    packed.length === others.length && packed.every(({ entry }, at) => entry === others[at]);
  if (!isSame) return false;
  const hash = known.chunkHashes.subarray(before * HASH_BYTES, (before + 1) * HASH_BYTES);
  target.chunkHashes.set(hash, chunk * HASH_BYTES);
  for (const [at, { entry }] of parts.entries()) {
    entryHashOf(target.entries, entry).set(entryHashOf(known.entries, others[at] ?? 0));
  }
  return true;
}
