/**
 * A manifest for all threads: its bytes, and what was derived from them, in memory that a message hands over without
 * copying. To parse 100,000 entries takes each thread as long as to fetch thousands of them, and every copy is megabytes.
 *
 * Nobody writes to it once it is made, as to any manifest.
 */
import { viewOf } from '#src/domain/content/entries.js';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import type { Layout } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { OFFER_BYTES } from '#src/domain/content/manifest-root.js';

/**
 * @returns the same manifest; itself where it is in such memory already. That of a draft has no room for chunk hashes: each
 * thread that learns them has its own (`withOwnHashes`).
 */
export function inSharedMemory(manifest: Manifest): Manifest {
  const isDraft = manifest.form === 'draft';
  if (isShared(manifest.file)) return isDraft ? { ...manifest, chunkHashes: NO_HASHES } : manifest;
  const { entries, layout } = manifest;
  const file = new Uint8Array(new SharedArrayBuffer(manifest.file.length));
  file.set(manifest.file);
  const { entries: at, hashes } = placesIn(manifest);
  const bytes = file.subarray(at, hashes);
  return {
    ...manifest,
    file,
    chunkHashes: isDraft ? NO_HASHES : file.subarray(hashes),
    entries: { ...entries, bytes, view: viewOf(bytes), offsets: shared(entries.offsets) },
    layout: sharedLayout(layout),
  };
}

const NO_HASHES = new Uint8Array();

/** @returns a draft from another thread with room for the hashes that this one learns; any other manifest as it is. */
export function withOwnHashes(manifest: Manifest): Manifest {
  if (manifest.form !== 'draft') return manifest;
  return { ...manifest, chunkHashes: new Uint8Array(manifest.layout.chunks * HASH_BYTES) };
}

/** Where the entries and what follows them begin in the file. */
function placesIn({ form, file, entries, chunkHashes }: Manifest) {
  const hashes = file.length - (form === 'draft' ? OFFER_BYTES : chunkHashes.length);
  return { entries: hashes - entries.bytes.length, hashes };
}

function sharedLayout(layout: Layout): Layout {
  return {
    ...layout,
    largeEntries: shared(layout.largeEntries),
    largeFirst: shared(layout.largeFirst),
    smallEntries: shared(layout.smallEntries),
    packStarts: shared(layout.packStarts),
  };
}

function shared(numbers: Uint32Array): Uint32Array {
  const copy = new Uint32Array(new SharedArrayBuffer(numbers.byteLength));
  copy.set(numbers);
  return copy;
}

function isShared(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof SharedArrayBuffer;
}
