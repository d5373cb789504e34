/** Everything about a content but its hashes: how its entries are laid out in chunks, and what of it is still to be read. */
import { chunkBytesFor } from '#src/domain/content/chunk-size.js';
import { encodeEntries, sizeOf } from '#src/domain/content/entries.js';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import { chunkLength, layoutOf } from '#src/domain/content/layout.js';
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import { blake3Of } from './blake3.js';
import { copyLook, LOOK_VALUES } from './fingerprints.js';
import type { Hashed } from './known-content.js';
import type { Tree } from './tree-walk.js';

/** @throws P2pError `too-large` */
export function plan(tree: Tree): Hashed {
  const entries = encodeEntries(tree.found);
  const looks = new BigUint64Array(entries.count * LOOK_VALUES);
  let totalBytes = 0;
  for (const [entry, { look, bytes }] of tree.found.entries()) {
    if (look !== undefined) copyLook(looks, entry, tree.looks, look);
    totalBytes += bytes;
  }
  if (totalBytes > LIMITS.chunks * LIMITS.chunkBytes) {
    throw tooLarge('to share: 16 TiB are the most');
  }
  const layout = layoutOf(entries, chunkBytesFor(totalBytes), blake3Of);
  return { entries, layout, looks, chunkHashes: new Uint8Array(layout.chunks * HASH_BYTES) };
}

export function bytesLeft({ layout, entries }: Hashed, done: Uint8Array): number {
  let bytes = 0;
  for (const [position, entry] of layout.largeEntries.entries()) {
    if (done[layout.largeFirst[position] ?? 0] !== 1) bytes += sizeOf(entries, entry);
  }
  for (let chunk = layout.largeChunks; chunk < layout.chunks; chunk += 1) {
    if (done[chunk] !== 1) bytes += chunkLength(layout, entries, chunk);
  }
  return bytes;
}

export function tooLarge(forWhat: string): P2pError {
  return new P2pError('too-large', `This is too large ${forWhat}.`);
}
