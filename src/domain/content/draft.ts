/**
 * A draft: what a sender lists before it has read any of it, so that chunks leave as soon as each is hashed. It is like a
 * manifest without chunk hashes: the same root (manifest-root.ts, magic `P2PD`), the same entries in the same order, so
 * the same chunks; in the place of a file's hash stands what is known of it from the outside. The draft's id is the
 * BLAKE3 of its root, which proves the listing; chunk hashes follow in signed runs (hash-run.ts). Its last page is the id of
 * the offer it is for, so that no two offers have the same draft.
 *
 * | bytes | in the place of a file's hash                               |
 * |-------|-------------------------------------------------------------|
 * | 8     | when it was changed, milliseconds since 1970, 0 before that |
 * | 1     | 1 if its owner may run it, else 0                           |
 * | 23    | zero                                                        |
 */

import type { OfferId } from '#src/domain/send/send-offer.js';
import {
  type ContentKind,
  type Entries,
  entryHashOf,
  isFile,
  isSameTree,
  malformed,
  viewOf,
  writeSize,
} from './entries.js';
import type { Hash } from './hash.js';
import { HASH_BYTES } from './hash.js';
import type { Layout } from './layout.js';
import { cutPages, type Manifest } from './manifest.js';
import { contentIdOf, encodeRoot, OFFER_BYTES } from './manifest-root.js';

/** What a file is besides its bytes; believed from the sender one accepted from, and from nobody else. */
export type Hint = { readonly modifiedMs: number; readonly isExecutable: boolean };

/** Beyond this a time is no date of a `Date`. */
const LATEST_MS = 8.64e15;

/** What is listed, and for which offer. */
export type Listing = {
  readonly kind: ContentKind;
  readonly entries: Entries;
  readonly layout: Layout;
  /** One for each entry; those of directories count for nothing. */
  readonly hints: readonly Hint[];
  readonly offer: OfferId;
};

/** @throws P2pError `too-large` */
export function encodeDraft(
  { kind, entries: listed, layout, hints, offer }: Listing,
  hash: Hash,
): Manifest {
  const bytes = listed.bytes.slice();
  const entries: Entries = { ...listed, bytes, view: viewOf(bytes) };
  for (const [entry, hint] of hints.entries()) {
    if (isFile(entries, entry)) writeHint(entryHashOf(entries, entry), hint);
  }
  const entryPages = cutPages(entries);
  const pages = [...entryPages, rawOffer(offer)];
  const { chunkBytes, totalBytes, chunks } = layout;
  const paged = { entryPages: entryPages.length, hashPages: 1 };
  const counts = { kind, chunkBytes, bytes: totalBytes, entries: entries.count, chunks, ...paged };
  const root = encodeRoot(counts, pages, hash, 'draft');
  const file = new Uint8Array(root.length + bytes.length + OFFER_BYTES);
  file.set(root);
  file.set(bytes, root.length);
  file.set(rawOffer(offer), root.length + bytes.length);
  const chunkHashes = new Uint8Array(chunks * HASH_BYTES);
  const about = { id: contentIdOf(root, hash), form: 'draft', kind, bytes: totalBytes } as const;
  return { ...about, entries, layout, chunkHashes, file };
}

/** @throws P2pError `protocol` where it says what no sender would. */
export function hintOf(draft: Manifest, entry: number): Hint {
  const place = entryHashOf(draft.entries, entry);
  const view = viewOf(place);
  const modifiedMs = view.getUint32(0) * 2 ** 32 + view.getUint32(4);
  if (modifiedMs > LATEST_MS) throw malformed('a file of no time');
  return { modifiedMs, isExecutable: place[8] === 1 };
}

/** @returns whether both list the same tree: then both have the same chunks in the same places. */
export function listsTheSame(draft: Manifest, manifest: Manifest): boolean {
  return draft.kind === manifest.kind && isSameTree(draft.entries, manifest.entries);
}

function writeHint(place: Uint8Array, { modifiedMs, isExecutable }: Hint): void {
  place.fill(0);
  writeSize(viewOf(place), 0, Math.min(LATEST_MS, Math.max(0, Math.floor(modifiedMs))));
  place[8] = isExecutable ? 1 : 0;
}

function rawOffer(offer: OfferId): Uint8Array {
  return Uint8Array.from({ length: OFFER_BYTES }, (_, at) =>
    Number.parseInt(offer.slice(at * 2, at * 2 + 2), 16),
  );
}
