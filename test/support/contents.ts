import { chunkBytesFor } from '#src/domain/content/chunk-size.js';
import type { Entries, Listed } from '#src/domain/content/entries.js';
import {
  comparePaths,
  encodeEntries,
  entryHashOf,
  isFile,
  pathOf,
  sizeOf,
} from '#src/domain/content/entries.js';
import type { Layout } from '#src/domain/content/layout.js';
import { chunksOf, layoutOf, partsOf } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { encodeManifest } from '#src/domain/content/manifest.js';
import { blake3Of } from '#src/io/content/blake3.js';

/** Files by path, in memory; a path ending in `/` is a directory. `''` alone is a single file. */
export type Tree = Readonly<Record<string, Uint8Array>>;

/** Bytes that differ with the seed and do not repeat. */
export function noise(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let at = 0; at < size; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
  return bytes;
}

/** A manifest the plain way, everything in memory: what the hasher's clever one is compared with. */
export function manifestOf(tree: Tree): Manifest {
  const { kind, listed } = listingOf(tree);
  const entries = encodeEntries(listed);
  const total = listed.reduce((sum, entry) => sum + entry.bytes, 0);
  const layout = layoutOf(entries, chunkBytesFor(total), blake3Of);
  const chunkHashes = new Uint8Array(layout.chunks * 32);
  for (let index = 0; index < layout.chunks; index += 1) {
    chunkHashes.set(blake3Of(chunkBytesOf(tree, entries, layout, index)), index * 32);
  }
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (!isFile(entries, entry)) continue;
    const [first, count] = chunksOf(layout, entries, entry);
    const isLarge = sizeOf(entries, entry) >= layout.chunkBytes;
    const hashed = isLarge
      ? chunkHashes.subarray(first * 32, (first + count) * 32)
      : bytesOf(tree, pathOf(entries, entry));
    entryHashOf(entries, entry).set(blake3Of(hashed));
  }
  return encodeManifest(kind, entries, layout, chunkHashes, blake3Of);
}

function listingOf(tree: Tree): {
  readonly kind: 'file' | 'directory';
  readonly listed: readonly Listed[];
} {
  if (tree[''] !== undefined) {
    return { kind: 'file', listed: [{ path: '', kind: 'file', bytes: tree[''].length }] };
  }
  const listed = new Map<string, Listed>();
  for (const [name, bytes] of Object.entries(tree)) {
    const path = name.replace(/\/$/, '');
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      const parent = path.slice(0, at);
      listed.set(parent, { path: parent, kind: 'directory', bytes: 0 });
    }
    const isDirectory = name.endsWith('/');
    listed.set(path, {
      path,
      kind: isDirectory ? 'directory' : 'file',
      bytes: isDirectory ? 0 : bytes.length,
    });
  }
  const sorted = [...listed.values()].toSorted((a, b) => comparePaths(a.path, b.path));
  return { kind: 'directory', listed: sorted };
}

export function chunkBytesOf(
  tree: Tree,
  entries: Entries,
  layout: Layout,
  index: number,
): Uint8Array {
  const parts = partsOf(layout, entries, index).map((part) =>
    bytesOf(tree, pathOf(entries, part.entry)).subarray(
      part.fileOffset,
      part.fileOffset + part.bytes,
    ),
  );
  return Buffer.concat(parts);
}

function bytesOf(tree: Tree, path: string): Uint8Array {
  return tree[path] ?? new Uint8Array();
}
