/**
 * Which chunks of a content can be put together from what lies here of another, its *basis*, and from which places of it.
 * Two ways: chunks and small files whose hashes both manifests name, wherever they lie, cost no look at any byte; what
 * an insertion has shifted is found by segments (`segment-list.ts`). Either is a guess until the chunk's hash proves it.
 * Pure.
 */
import { entryHashOf, sizeOf } from './entries.js';
import { HASH_BYTES } from './hash.js';
import { type Part, partsOf } from './layout.js';
import type { Manifest } from './manifest.js';
import { chunkHashOf } from './manifest.js';
import { type SegmentList, segmentKey, segmentLength } from './segment-list.js';

/** A run of bytes of a file of the basis that makes a part of a chunk. */
export type Piece = Part;

/** @returns the pieces that make a chunk, undefined where something of it is not here. */
export type PiecesOf = (chunk: number) => readonly Piece[] | undefined;

/** Each hash costs some 150 bytes of memory while it is looked for; a basis of more is looked at no further. */
const MOST_HASHES = 2 ** 18;

export function copiesByHash(wanted: Manifest, basis: Manifest): PiecesOf {
  const chunks = chunksByHash(basis);
  const files = filesByHash(basis);
  return (chunk) =>
    chunk < wanted.layout.largeChunks
      ? wholeChunk(wanted, chunk, basis, chunks)
      : wholePack(wanted, chunk, basis, files);
}

function chunksByHash(basis: Manifest): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const count = Math.min(basis.layout.largeChunks, MOST_HASHES);
  for (let chunk = 0; chunk < count; chunk += 1) found.set(keyOf(chunkHashOf(basis, chunk)), chunk);
  return found;
}

function filesByHash({ layout, entries }: Manifest): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const entry of layout.smallEntries.subarray(0, MOST_HASHES)) {
    found.set(keyOf(entryHashOf(entries, entry)), entry);
  }
  return found;
}

function wholeChunk(
  wanted: Manifest,
  chunk: number,
  basis: Manifest,
  chunks: ReadonlyMap<string, number>,
): readonly Piece[] | undefined {
  const same = chunks.get(keyOf(chunkHashOf(wanted, chunk)));
  return same === undefined ? undefined : partsOf(basis.layout, basis.entries, same);
}

function wholePack(
  { layout, entries }: Manifest,
  chunk: number,
  basis: Manifest,
  files: ReadonlyMap<string, number>,
): readonly Piece[] | undefined {
  const pieces: Piece[] = [];
  for (const part of partsOf(layout, entries, chunk)) {
    const same = files.get(keyOf(entryHashOf(entries, part.entry)));
    if (same === undefined || sizeOf(basis.entries, same) !== part.bytes) return undefined;
    pieces.push({ ...part, entry: same });
  }
  return pieces;
}

export function copiesBySegments(
  { layout, entries }: Manifest,
  list: SegmentList,
  basis: SegmentList,
): PiecesOf {
  const places = new Map<string, number>();
  for (let index = 0; index < basis.count; index += 1) places.set(segmentKey(basis, index), index);
  return (chunk) => {
    const [part] = chunk < layout.largeChunks ? partsOf(layout, entries, chunk) : [];
    if (part === undefined) return undefined;
    return piecesOf(part, list, (index) => samePlace(list, index, basis, places));
  };
}

type Place = { readonly entry: number; readonly fileOffset: number };

/** @returns where in the basis a segment of the list lies. */
function samePlace(
  list: SegmentList,
  index: number,
  basis: SegmentList,
  places: ReadonlyMap<string, number>,
): Place | undefined {
  const same = places.get(segmentKey(list, index));
  if (same === undefined || segmentLength(basis, same) !== segmentLength(list, index)) {
    return undefined;
  }
  return { entry: basis.entries[same] ?? 0, fileOffset: basis.offsets[same] ?? 0 };
}

function piecesOf(
  part: Part,
  list: SegmentList,
  placeOf: (segment: number) => Place | undefined,
): readonly Piece[] | undefined {
  const pieces: Piece[] = [];
  const end = part.fileOffset + part.bytes;
  let at = part.fileOffset;
  for (let index = segmentAt(list, part.entry, at); at < end; index += 1) {
    const place = placeOf(index);
    if (place === undefined) return undefined;
    const start = list.offsets[index] ?? 0;
    const bytes = Math.min(start + segmentLength(list, index), end) - at;
    const fileOffset = place.fileOffset + at - start;
    append(pieces, { entry: place.entry, fileOffset, chunkOffset: at - part.fileOffset, bytes });
    at += bytes;
  }
  return pieces;
}

/** What lies side by side is read at once. */
function append(pieces: Piece[], piece: Piece): void {
  const last = pieces.at(-1);
  const isNext = last?.entry === piece.entry && last.fileOffset + last.bytes === piece.fileOffset;
  if (!isNext || last === undefined) pieces.push(piece);
  else pieces[pieces.length - 1] = { ...last, bytes: last.bytes + piece.bytes };
}

/** @returns the last segment that begins at or before this place: the list is in the order of entries and offsets. */
function segmentAt({ count, entries, offsets }: SegmentList, entry: number, at: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = entries[middle] ?? 0;
    if (other < entry || (other === entry && (offsets[middle] ?? 0) <= at)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, HASH_BYTES).toString('latin1');
}
