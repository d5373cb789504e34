/**
 * A manifest: what a content consists of, proven by the content id. On disk and when all of it has arrived
 * it is root || pages in order (manifest-root.ts has the root, entries.ts an entry, layout.ts the chunks).
 * The file is kept as it is; nothing is copied out of it but where each entry starts.
 *
 * Parsing is strict, so that one content has one manifest only: entries sorted, unique, with their parents
 * and cut into pages as the format says, counts exactly as derived, hashes of large and empty files as their
 * chunks say. Each page is proven before anything in it is believed. A path that escapes marks the sender
 * hostile; a name that is only unusable on some system passes, and is that system's business.
 */

import type { ContentId } from '#src/domain/ids.js';
import { chunkBytesFor } from './chunk-size.js';
import type { ContentKind, Entries } from './entries.js';
import { entryHashOf, isFile, isSameTree, malformed, scanEntries, sizeOf } from './entries.js';
import type { Hash } from './hash.js';
import { HASH_BYTES, hashIsAt } from './hash.js';
import type { Layout } from './layout.js';
import { chunksOf, layoutOf, partsOf } from './layout.js';
import { checkPaths } from './manifest-paths.js';
import type { Counts, Form, Root } from './manifest-root.js';
import {
  contentIdOf,
  encodeRoot,
  isPage,
  OFFER_BYTES,
  PAGE_BYTES,
  pageCount,
  parseRoot,
  rootLength,
} from './manifest-root.js';

export type Manifest = {
  readonly id: ContentId;
  /** Of a draft (draft.ts) the chunk hashes are zero until they are known, and those of entries are no hashes. */
  readonly form: Form;
  readonly kind: ContentKind;
  readonly bytes: number;
  readonly entries: Entries;
  readonly layout: Layout;
  /** 32 bytes for each chunk. */
  readonly chunkHashes: Uint8Array;
  /** The whole of it: root || pages. */
  readonly file: Uint8Array;
};

/**
 * @param like of the same tree, maybe, and parsed before: then its paths and its layout are not looked at once more.
 * @param read root || pages, of a size the reader has bounded.
 * @throws P2pError `protocol` if it is not the manifest, or the draft, of `id`, `version` if its format is newer,
 * `hostile` if a path in it escapes.
 */
export function parseManifest(
  read: Uint8Array,
  id: ContentId,
  hash: Hash,
  form: Form = 'manifest',
  like?: Manifest,
): Manifest {
  // Were it a Buffer each of the views below, some for every entry, would be one too, and take several times as long.
  const file = new Uint8Array(read.buffer, read.byteOffset, read.length);
  const length = rootLength(file);
  if (length === undefined) throw malformed('its root is cut off');
  const root = parseRoot(file.subarray(0, length), id, hash, form);
  const isDraft = form === 'draft';
  const hashesAt = file.length - (isDraft ? OFFER_BYTES : root.chunks * HASH_BYTES);
  if (hashesAt < length) throw malformed('its pages are cut off');
  const entries = scanEntries(file.subarray(length, hashesAt), root.entries);
  provePages(root, entries, file.subarray(hashesAt), hash);
  const layout = takenOver(like, root, entries) ?? checkedLayout(root, entries, hash);
  if (layout.totalBytes !== root.bytes) throw malformed('its files do not make its size');
  if (layout.chunks !== root.chunks) throw malformed('its files do not make its chunks');
  // From here on their number is what the entries make, not what was claimed.
  const chunkHashes = isDraft
    ? new Uint8Array(layout.chunks * HASH_BYTES)
    : file.subarray(hashesAt);
  const { kind, bytes } = root;
  const manifest = { id, form, kind, bytes, entries, layout, chunkHashes, file };
  if (!isDraft) checkEntryHashes(manifest, hash);
  return manifest;
}

/**
 * @param entries sorted, with their parents, sizes and hashes set.
 * @param chunkHashes as `layout` orders them.
 * @throws P2pError `too-large` where the limits end.
 */
export function encodeManifest(
  kind: ContentKind,
  entries: Entries,
  layout: Layout,
  chunkHashes: Uint8Array,
  hash: Hash,
): Manifest {
  const entryPages = cutPages(entries);
  const hashPages = cutHashes(chunkHashes);
  const counts: Counts = {
    kind,
    chunkBytes: chunkBytesFor(layout.totalBytes),
    bytes: layout.totalBytes,
    entries: entries.count,
    chunks: layout.chunks,
    entryPages: entryPages.length,
    hashPages: hashPages.length,
  };
  const root = encodeRoot(counts, [...entryPages, ...hashPages], hash);
  const file = new Uint8Array(root.length + entries.bytes.length + chunkHashes.length);
  file.set(root);
  file.set(entries.bytes, root.length);
  file.set(chunkHashes, root.length + entries.bytes.length);
  const id = contentIdOf(root, hash);
  const bytes = layout.totalBytes;
  return { id, form: 'manifest', kind, bytes, entries, layout, chunkHashes, file };
}

/** @returns the hash of chunk `index`, a view. */
export function chunkHashOf(manifest: Manifest, index: number): Uint8Array {
  return manifest.chunkHashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

/** @returns whether these bytes are chunk `index`. */
export function isChunk(manifest: Manifest, index: number, bytes: Uint8Array, hash: Hash): boolean {
  return hashIsAt(manifest.chunkHashes, index * HASH_BYTES, hash(bytes));
}

/** @returns the root and the pages of a manifest, views in the order they are numbered. */
export function pagesOf(manifest: Manifest): {
  readonly root: Uint8Array;
  readonly pages: readonly Uint8Array[];
} {
  const { form, file } = manifest;
  const hashes = form === 'draft' ? file.subarray(-OFFER_BYTES) : manifest.chunkHashes;
  const pages = [...cutPages(manifest.entries), ...cutHashes(hashes)];
  const inPages = manifest.entries.bytes.length + hashes.length;
  return { root: manifest.file.subarray(0, manifest.file.length - inPages), pages };
}

function checkedLayout({ kind, chunkBytes }: Root, entries: Entries, hash: Hash): Layout {
  checkPaths(kind, entries);
  return layoutOf(entries, chunkBytes, hash);
}

/** For 100,000 files both take as long as all else until the first chunk is there. */
function takenOver(
  like: Manifest | undefined,
  { kind, chunkBytes }: Root,
  entries: Entries,
): Layout | undefined {
  const isLikely = like?.kind === kind && like.layout.chunkBytes === chunkBytes;
  return isLikely && isSameTree(like.entries, entries) ? like.layout : undefined;
}

function provePages(root: Root, entries: Entries, chunkHashes: Uint8Array, hash: Hash): void {
  const pages = [...cutPages(entries), ...cutHashes(chunkHashes)];
  if (pages.length !== pageCount(root)) throw malformed('it has more or fewer pages than it says');
  for (const [index, page] of pages.entries()) {
    if (!isPage(root, index, page, hash)) throw malformed(`its page ${index} is damaged`);
  }
}

export function cutPages(entries: Entries): readonly Uint8Array[] {
  const pages: Uint8Array[] = [];
  let start = 0;
  for (let entry = 1; entry <= entries.count; entry += 1) {
    const before = entries.offsets[entry] ?? 0;
    const after = entries.offsets[entry + 1] ?? Number.POSITIVE_INFINITY;
    if (after - start <= PAGE_BYTES) continue;
    pages.push(entries.bytes.subarray(start, before));
    start = before;
  }
  return pages;
}

function cutHashes(chunkHashes: Uint8Array): readonly Uint8Array[] {
  const pages: Uint8Array[] = [];
  for (let at = 0; at < chunkHashes.length; at += PAGE_BYTES) {
    pages.push(chunkHashes.subarray(at, at + PAGE_BYTES));
  }
  return pages;
}

function checkEntryHashes(manifest: Manifest, hash: Hash): void {
  const { entries, layout, chunkHashes } = manifest;
  const empty = hash(new Uint8Array());
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (!isFile(entries, entry)) continue;
    const size = sizeOf(entries, entry);
    let expected: Uint8Array | undefined;
    if (size === 0) expected = empty;
    else if (size >= layout.chunkBytes) {
      const [first, count] = chunksOf(layout, entries, entry);
      expected = hash(chunkHashes.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES));
    }
    if (expected !== undefined && !hashIsAt(entryHashOf(entries, entry), 0, expected)) {
      throw malformed('the hash of a file does not fit its chunks');
    }
  }
  checkLonePacks(manifest);
}

/** A small file that is a pack by itself has its chunk's hash. */
function checkLonePacks({ entries, layout, chunkHashes }: Manifest): void {
  for (let index = layout.largeChunks; index < layout.chunks; index += 1) {
    const pack = index - layout.largeChunks;
    if ((layout.packStarts[pack + 1] ?? 0) - (layout.packStarts[pack] ?? 0) !== 1) continue;
    for (const { entry } of partsOf(layout, entries, index)) {
      if (!hashIsAt(chunkHashes, index * HASH_BYTES, entryHashOf(entries, entry))) {
        throw malformed('the hash of a file does not fit its chunk');
      }
    }
  }
}
