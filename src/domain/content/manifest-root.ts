/**
 * A manifest's root: a fixed header, then the BLAKE3 of every page, entry pages first. The content id is
 * BLAKE3(root), so the root proves every page, each as it arrives.
 *
 * | bytes | what                                                                  |
 * |-------|-----------------------------------------------------------------------|
 * | 4     | magic `P2PM`                                                          |
 * | 1     | version, 1                                                            |
 * | 1     | kind: 0 a single file, 1 a directory                                  |
 * | 1     | log2 of the chunk size, which the total size decides                  |
 * | 8     | total bytes, below 2^53                                               |
 * | 4 x 4 | entries, chunks, entry pages, hash pages                              |
 * | 32 n  | BLAKE3 of every page                                                  |
 *
 * A *draft* (draft.ts) begins with `P2PD`, and its only hash page is the id of the offer it is for, 16 bytes.
 *
 * Numbers are big-endian. An entry page is a run of whole entries, closed when the next would take it beyond
 * 256 KiB; a hash page is 8,192 chunk hashes, the last one fewer.
 */

import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { parseContentId } from '#src/domain/ids.js';
import { KiB, LIMITS } from '#src/domain/limits.js';
import { chunkBytesFor } from './chunk-size.js';
import type { ContentKind } from './entries.js';
import { malformed, viewOf, writeSize } from './entries.js';
import type { Hash } from './hash.js';
import { HASH_BYTES, hashIsAt, toHex } from './hash.js';

/** A quarter of what a frame of a manifest may be: a page is proven, asked for again and lost cheaply. */
export const PAGE_BYTES = 256 * KiB;
const HASHES_PER_PAGE = PAGE_BYTES / HASH_BYTES;

/** 256 MiB of entries: a million with paths of 220 bytes. What a peer can make us hold ends here. */
export const ENTRY_PAGES = 1024;
const HEADER_BYTES = 31;
/** The id of an offer. */
export const OFFER_BYTES = 16;
/** `P2PM`, `P2PD`. */
const MAGIC = { manifest: 0x5032504d, draft: 0x50325044 } as const;
const VERSION = 1;
const KINDS = ['file', 'directory'] as const;

export type Counts = {
  readonly kind: ContentKind;
  readonly chunkBytes: number;
  readonly bytes: number;
  readonly entries: number;
  readonly chunks: number;
  readonly entryPages: number;
  readonly hashPages: number;
};

/** A draft lists what there is before it was read. */
export type Form = keyof typeof MAGIC;

/** A root that has proven itself: it hashes to the id, and its counts agree with each other. */
export type Root = Counts & {
  readonly id: ContentId;
  readonly form: Form;
  readonly raw: Uint8Array;
};

/** @returns what the root at the start of these bytes says it is of; undefined if it is none. */
export function formOf(bytes: Uint8Array): Form | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const magic = viewOf(bytes).getUint32(0);
  return magic === MAGIC.draft ? 'draft' : magic === MAGIC.manifest ? 'manifest' : undefined;
}

/** @returns how long the root at the start of these bytes claims to be, or undefined if it is none. */
export function rootLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = viewOf(bytes);
  const length = HEADER_BYTES + (view.getUint32(23) + view.getUint32(27)) * HASH_BYTES;
  return length <= Math.min(bytes.length, LIMITS.manifestPageBytes) ? length : undefined;
}

/**
 * @param bytes the whole root and nothing else.
 * @throws P2pError `protocol` unless it hashes to `id` and is well formed.
 */
export function parseRoot(
  bytes: Uint8Array,
  id: ContentId,
  hash: Hash,
  form: Form = 'manifest',
): Root {
  if (rootLength(bytes) !== bytes.length) throw malformed('its root has a wrong length');
  if (contentIdOf(bytes, hash) !== id) throw malformed('its root is not what its id says');
  const view = viewOf(bytes);
  if (view.getUint32(0) !== MAGIC[form]) throw malformed('it does not start like one');
  if (view.getUint8(4) !== VERSION) throw unknownVersion(view.getUint8(4));
  const kind = KINDS[view.getUint8(5)];
  if (kind === undefined) throw malformed('it is neither a file nor a directory');
  const upper = view.getUint32(7);
  if (upper >= 2 ** 21) throw malformed('it is larger than 2^53 bytes');
  const counts: Counts = {
    kind,
    chunkBytes: 2 ** view.getUint8(6),
    bytes: upper * 2 ** 32 + view.getUint32(11),
    entries: view.getUint32(15),
    chunks: view.getUint32(19),
    entryPages: view.getUint32(23),
    hashPages: view.getUint32(27),
  };
  checkCounts(counts, form);
  return { ...counts, id, form, raw: bytes };
}

/** @returns the number of pages, entry pages first. */
export function pageCount(root: Counts): number {
  return root.entryPages + root.hashPages;
}

/** @returns the most bytes page `index` can have; a hash page has exactly as many. */
export function pageLimit(root: Root, index: number): number {
  if (index < root.entryPages) return PAGE_BYTES;
  if (root.form === 'draft') return OFFER_BYTES;
  const before = (index - root.entryPages) * HASHES_PER_PAGE;
  return Math.min(HASHES_PER_PAGE, root.chunks - before) * HASH_BYTES;
}

/** @returns whether these bytes are page `index`. */
export function isPage(root: Root, index: number, bytes: Uint8Array, hash: Hash): boolean {
  if (bytes.length === 0 || bytes.length > pageLimit(root, index)) return false;
  return hashIsAt(root.raw, HEADER_BYTES + index * HASH_BYTES, hash(bytes));
}

/** @param pages entry pages first. @throws P2pError `too-large` where the limits end. */
export function encodeRoot(
  counts: Counts,
  pages: readonly Uint8Array[],
  hash: Hash,
  form: Form = 'manifest',
): Uint8Array {
  if (!areWithinLimits(counts)) {
    throw new P2pError(
      'too-large',
      'This is too large to share: at most 1,000,000 entries with 256 MiB of names, and 16 TiB.',
    );
  }
  const raw = new Uint8Array(HEADER_BYTES + pages.length * HASH_BYTES);
  const view = viewOf(raw);
  view.setUint32(0, MAGIC[form]);
  view.setUint8(4, VERSION);
  view.setUint8(5, KINDS.indexOf(counts.kind));
  view.setUint8(6, Math.log2(counts.chunkBytes));
  writeSize(view, 7, counts.bytes);
  view.setUint32(15, counts.entries);
  view.setUint32(19, counts.chunks);
  view.setUint32(23, counts.entryPages);
  view.setUint32(27, counts.hashPages);
  for (const [index, page] of pages.entries())
    raw.set(hash(page), HEADER_BYTES + index * HASH_BYTES);
  return raw;
}

export function contentIdOf(root: Uint8Array, hash: Hash): ContentId {
  const id = parseContentId(toHex(hash(root)));
  if (id === undefined) throw new RangeError('the hash function does not give 32 bytes');
  return id;
}

function areWithinLimits(counts: Counts): boolean {
  return (
    counts.entries <= LIMITS.entries &&
    counts.chunks <= LIMITS.chunks &&
    counts.entryPages <= ENTRY_PAGES
  );
}

/** What the counts must be among themselves, before a single page is asked for. */
function checkCounts(counts: Counts, form: Form): void {
  if (!areWithinLimits(counts)) throw malformed('it is beyond the limits');
  if (counts.chunkBytes !== chunkBytesFor(counts.bytes)) throw malformed('its chunk size is wrong');
  const hashPages = form === 'draft' ? 1 : Math.ceil(counts.chunks / HASHES_PER_PAGE);
  if (counts.hashPages !== hashPages) {
    throw malformed('its hash pages do not fit its chunks');
  }
  if (counts.chunks < Math.ceil(counts.bytes / counts.chunkBytes) || counts.chunks > counts.bytes) {
    throw malformed('its chunks do not fit its size');
  }
  if (counts.entryPages > counts.entries || (counts.entries > 0 && counts.entryPages === 0)) {
    throw malformed('its entry pages do not fit its entries');
  }
  if (counts.kind === 'file' && counts.entries !== 1) throw malformed('a file has one entry');
}

function unknownVersion(version: number): P2pError {
  return new P2pError(
    'version',
    `This content is described in format ${version}; this peer knows format ${VERSION}. Update p2p.`,
  );
}
