/**
 * The entries of a content as they stand in its manifest: one run of bytes, and where each entry starts.
 * No object per entry is kept, so that a million of them cost what they weigh.
 *
 * An entry: kind u8 (0 file, 1 directory), path length u16, path in UTF-8, and for files their size u64 and
 * hash (32 bytes). Numbers are big-endian. Sorted by path as bytes; every directory stands by itself, before
 * what it contains. A content that is a single file has one entry with an empty path.
 */
import { P2pError } from '#src/domain/errors.js';
import { HASH_BYTES } from './hash.js';

export type ContentKind = 'file' | 'directory';

export type Entries = {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where each entry starts in `bytes`, and last where they end: `count + 1` positions. */
  readonly offsets: Uint32Array;
};

/** One entry as a sharer lists it; its hash is filled in later. */
export type Listed = {
  readonly path: string;
  readonly kind: ContentKind;
  readonly bytes: number;
};

const FILE = 0;
const DIRECTORY = 1;
const HEAD_BYTES = 3;
const SIZE_BYTES = 8;
const TAIL_BYTES = SIZE_BYTES + HASH_BYTES;
/** Above this the upper half of a u64 leaves the whole numbers that JavaScript holds exactly. */
const UPPER_LIMIT = 2 ** 21;

const encoder = new TextEncoder();
// A byte order mark is a character of a name like any other; invalid UTF-8 is refused, never repaired.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function isFile(entries: Entries, entry: number): boolean {
  return entries.bytes[offsetOf(entries, entry)] === FILE;
}

/** @returns how many of them are files. */
export function fileCount(entries: Entries): number {
  let count = 0;
  for (let entry = 0; entry < entries.count; entry += 1) if (isFile(entries, entry)) count += 1;
  return count;
}

/** @returns the path's bytes, a view. */
export function pathBytesOf(entries: Entries, entry: number): Uint8Array {
  return entries.bytes.subarray(pathStartOf(entries, entry), pathEndOf(entries, entry));
}

/** @returns where in their bytes the path of an entry starts: for who looks at all of them, views cost more than looking. */
export function pathStartOf(entries: Entries, entry: number): number {
  return offsetOf(entries, entry) + HEAD_BYTES;
}

/** @returns where it ends. */
export function pathEndOf(entries: Entries, entry: number): number {
  return pathStartOf(entries, entry) + pathLengthOf(entries, entry);
}

export function pathOf(entries: Entries, entry: number): string {
  return decoder.decode(pathBytesOf(entries, entry));
}

/** @returns the file's size in bytes, 0 for a directory; not a safe integer if the entry lies. */
export function sizeOf(entries: Entries, entry: number): number {
  if (!isFile(entries, entry)) return 0;
  const at = hashAt(entries, entry) - SIZE_BYTES;
  const upper = entries.view.getUint32(at);
  if (upper >= UPPER_LIMIT) return Number.POSITIVE_INFINITY;
  return upper * 2 ** 32 + entries.view.getUint32(at + 4);
}

/** @returns the file's hash: of its bytes, or of its chunk hashes where it has chunks of its own. A view. */
export function entryHashOf(entries: Entries, entry: number): Uint8Array {
  const at = hashAt(entries, entry);
  return entries.bytes.subarray(at, at + HASH_BYTES);
}

/** @returns the position of the entry with this path, or -1. Entries are sorted: a binary search. */
export function findEntry(entries: Entries, path: Uint8Array): number {
  let low = 0;
  let high = entries.count - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const order = compareBytes(pathBytesOf(entries, middle), path);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** @param listed sorted by `comparePaths`. Hashes are left zero, to be set through `entryHashOf`. */
export function encodeEntries(listed: readonly Listed[]): Entries {
  const offsets = new Uint32Array(listed.length + 1);
  // Three bytes for a code unit are the most that UTF-8 needs; what is too much is cut off at the end.
  const most = listed.reduce((sum, { path }) => sum + HEAD_BYTES + path.length * 3 + TAIL_BYTES, 0);
  const space = new Uint8Array(most);
  const view = viewOf(space);
  let at = 0;
  for (const [index, { path, kind, bytes }] of listed.entries()) {
    offsets[index] = at;
    const { written } = encoder.encodeInto(path, space.subarray(at + HEAD_BYTES));
    view.setUint8(at, kind === 'file' ? FILE : DIRECTORY);
    view.setUint16(at + 1, written);
    at += HEAD_BYTES + written;
    if (kind !== 'file') continue;
    writeSize(view, at, bytes);
    at += TAIL_BYTES;
  }
  offsets[listed.length] = at;
  const bytes = space.slice(0, at);
  return { count: listed.length, bytes, view: viewOf(bytes), offsets };
}

/**
 * Finds where each entry starts; looks at nothing but lengths, so it may run before the bytes are proven.
 * @throws P2pError `protocol` unless exactly `count` entries fill the bytes.
 */
export function scanEntries(bytes: Uint8Array, count: number): Entries {
  if (count * HEAD_BYTES > bytes.length) throw malformed('more entries are claimed than fit');
  const offsets = new Uint32Array(count + 1);
  const view = viewOf(bytes);
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    offsets[index] = at;
    if (at + HEAD_BYTES > bytes.length) throw malformed('an entry is cut off');
    const kind = view.getUint8(at);
    if (kind !== FILE && kind !== DIRECTORY) throw malformed('an entry has an unknown kind');
    at += HEAD_BYTES + view.getUint16(at + 1) + (kind === FILE ? TAIL_BYTES : 0);
  }
  if (at !== bytes.length) throw malformed('the entries do not fill their pages');
  offsets[count] = at;
  return { count, bytes, view, offsets };
}

/** @returns whether both are the same paths, as files of the same sizes or as folders; hashes count for nothing. */
export function isSameTree(one: Entries, other: Entries): boolean {
  if (one.count !== other.count || one.bytes.length !== other.bytes.length) return false;
  for (let entry = 0; entry < one.count; entry += 1) {
    const start = offsetOf(one, entry);
    if (start !== offsetOf(other, entry)) return false;
    const path = start + HEAD_BYTES + pathLengthOf(one, entry);
    const end = one.bytes[start] === FILE ? path + SIZE_BYTES : path;
    for (let at = start; at < end; at += 1) if (one.bytes[at] !== other.bytes[at]) return false;
  }
  return true;
}

/** The order of entries: paths as UTF-8 bytes, which is the order of code points. */
export function comparePaths(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.charCodeAt(index);
    const b = right.charCodeAt(index);
    if (a !== b) return codePointRank(a) - codePointRank(b);
  }
  return left.length - right.length;
}

export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const order = (left[index] ?? 0) - (right[index] ?? 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** @param bytes a whole number below 2^53. */
export function writeSize(view: DataView, at: number, bytes: number): void {
  view.setUint32(at, Math.floor(bytes / 2 ** 32));
  view.setUint32(at + 4, bytes % 2 ** 32);
}

export function malformed(why: string): P2pError {
  return new P2pError('protocol', `This manifest is malformed: ${why}.`);
}

/** Surrogates stand for code points above U+FFFF, though their units are below U+E000. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function offsetOf(entries: Entries, entry: number): number {
  const at = entries.offsets[entry];
  if (at === undefined || entry >= entries.count) throw new RangeError(`no entry ${entry}`);
  return at;
}

function pathLengthOf(entries: Entries, entry: number): number {
  return entries.view.getUint16(offsetOf(entries, entry) + 1);
}

function hashAt(entries: Entries, entry: number): number {
  const at = offsetOf(entries, entry);
  return at + HEAD_BYTES + entries.view.getUint16(at + 1) + SIZE_BYTES;
}
