/**
 * What a content consists of, cut by its bytes: a record for each segment of each large file, in the order of its
 * chunks. Packs of small files are not in it: those are found by their own hashes.
 *
 *     length of the segment   u32, big endian
 *     hash                    the first 16 bytes of its BLAKE3
 *
 * Nothing proves a list, and nothing has to: a chunk put together by it counts once its own hash says so. It is read as
 * strictly all the same, so that its length is bounded by the content's. Pure.
 */

import { P2pError } from '#src/domain/errors.js';
import { type SegmentSizes, segmentSizesFor } from './content-defined.js';
import { sizeOf, viewOf } from './entries.js';
import type { Manifest } from './manifest.js';

/** What a peer says of itself in hello that may be asked for its lists. */
export const GIVES_SEGMENTS = 'segments';

/** Enough to find the same bytes again: a false match only fails the proof of a chunk. */
const SEGMENT_HASH_BYTES = 16;
const LENGTH_BYTES = 4;
export const SEGMENT_BYTES = LENGTH_BYTES + SEGMENT_HASH_BYTES;

/** Records of one page, the last of which has fewer: 256 KiB, as a page of a manifest has. */
export const PAGE_SEGMENTS = 13_107;

/** A list in memory: where each segment lies, and the records it came in. */
export type SegmentList = {
  readonly count: number;
  readonly records: Uint8Array;
  /** The entry of each segment and where in it that begins. */
  readonly entries: Uint32Array;
  readonly offsets: Float64Array;
};

export function writeRecord(
  target: Uint8Array,
  at: number,
  length: number,
  hash: Uint8Array,
): void {
  viewOf(target).setUint32(at, length);
  target.set(hash.subarray(0, SEGMENT_HASH_BYTES), at + LENGTH_BYTES);
}

/** @returns a name for the segment's bytes. */
export function segmentKey({ records }: SegmentList, index: number): string {
  const at = index * SEGMENT_BYTES + LENGTH_BYTES;
  const hash = Buffer.from(records.buffer, records.byteOffset + at, SEGMENT_HASH_BYTES);
  return hash.toString('latin1');
}

export function segmentLength({ records }: SegmentList, index: number): number {
  return viewOf(records).getUint32(index * SEGMENT_BYTES);
}

/** The most records that a list of this content can have. */
export function mostSegments({ layout, entries }: Manifest, { smallest }: SegmentSizes): number {
  let count = 0;
  for (const entry of layout.largeEntries) count += Math.ceil(sizeOf(entries, entry) / smallest);
  return count;
}

/** @param sizes by which it was cut; a content that is compared with another is cut as that is. @throws P2pError `protocol` */
export function parseSegments(
  records: Uint8Array,
  manifest: Manifest,
  sizes = segmentSizesFor(manifest.bytes),
): SegmentList {
  const walk = new SegmentWalk(manifest, sizes);
  walk.take(records);
  if (!walk.isWhole) throw unsound('it ends too early');
  return located(records, manifest);
}

/** Follows a list along the files it cuts, page by page. */
export class SegmentWalk {
  readonly #manifest: Manifest;
  readonly #sizes: SegmentSizes;
  #position = 0;
  /** Of the file at `position`. */
  #left: number;

  constructor(manifest: Manifest, sizes: SegmentSizes) {
    this.#manifest = manifest;
    this.#sizes = sizes;
    this.#left = this.#sizeAt(0);
  }

  get isWhole(): boolean {
    return this.#position >= this.#manifest.layout.largeEntries.length;
  }

  /** @throws P2pError `protocol` where it is no list of this content */
  take(records: Uint8Array): void {
    if (records.length % SEGMENT_BYTES !== 0) throw unsound('a record is cut off');
    const view = viewOf(records);
    for (let at = 0; at < records.length; at += SEGMENT_BYTES) this.#step(view.getUint32(at));
  }

  #step(length: number): void {
    const { smallest, largest } = this.#sizes;
    if (this.isWhole) throw unsound('it is longer than its content');
    if (length > this.#left || length > largest) throw unsound('a segment is too long');
    // The last of a file ends where that does.
    if (length < smallest && length < this.#left) throw unsound('a segment is too short');
    this.#left -= length;
    if (this.#left > 0) return;
    this.#position += 1;
    this.#left = this.#sizeAt(this.#position);
  }

  #sizeAt(position: number): number {
    const { layout, entries } = this.#manifest;
    const entry = layout.largeEntries[position];
    return entry === undefined ? 0 : sizeOf(entries, entry);
  }
}

/** @param records whose lengths fill the files. */
function located(records: Uint8Array, { layout, entries }: Manifest): SegmentList {
  const count = records.length / SEGMENT_BYTES;
  const list = {
    count,
    records,
    entries: new Uint32Array(count),
    offsets: new Float64Array(count),
  };
  const view = viewOf(records);
  let index = 0;
  for (const entry of layout.largeEntries) {
    const size = sizeOf(entries, entry);
    for (let offset = 0; offset < size; index += 1) {
      list.entries[index] = entry;
      list.offsets[index] = offset;
      offset += view.getUint32(index * SEGMENT_BYTES);
    }
  }
  return list;
}

function unsound(why: string): P2pError {
  return new P2pError('protocol', `a list of segments is unsound: ${why}`);
}
