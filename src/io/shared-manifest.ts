/**
 * A manifest for all threads: its bytes, and what was derived from them, in memory that a message hands over without
 * copying. To parse 100,000 entries takes each thread as long as to fetch thousands of them, and every copy is megabytes.
 *
 * Nobody writes to it once it is made, as to any manifest.
 */
import { viewOf } from '#src/domain/entries.js';
import type { Layout } from '#src/domain/layout.js';
import type { Manifest } from '#src/domain/manifest.js';

/** @returns the same manifest; itself where it is in such memory already, and none for a draft: its hashes are still written. */
export function inSharedMemory(manifest: Manifest): Manifest | undefined {
  if (manifest.form === 'draft') return undefined;
  if (isShared(manifest.file)) return manifest;
  const { entries, chunkHashes, layout } = manifest;
  const file = new Uint8Array(new SharedArrayBuffer(manifest.file.length));
  file.set(manifest.file);
  const hashesAt = file.length - chunkHashes.length;
  const bytes = file.subarray(hashesAt - entries.bytes.length, hashesAt);
  return {
    ...manifest,
    file,
    chunkHashes: file.subarray(hashesAt),
    entries: { ...entries, bytes, view: viewOf(bytes), offsets: shared(entries.offsets) },
    layout: sharedLayout(layout),
  };
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
