/** What messages speak of, to its bytes and back: contents, chunks, rows of a catalogue. Throws P2pError `protocol`. */
import type { CatalogueRow, RowKey } from '#src/domain/catalogue/catalogue.js';
import { parseRanges, type Ranges } from '#src/domain/content/chunk-set.js';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import { RUN_HASHES } from '#src/domain/content/hash-run.js';
import { P2pError } from '#src/domain/errors.js';
import { type ContentId, parseContentId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { isPriority, type Priority } from '#src/domain/send/transfer.js';
import { bytes, type Fields, list, text, uint } from './fields.js';

export function rawId(id: ContentId): Uint8Array {
  return Buffer.from(id, 'hex');
}

export function idOf(fields: Fields): ContentId {
  const id = parseContentId(Buffer.from(fields.bytes('id', 32)).toString('hex'));
  if (id === undefined) throw new P2pError('protocol', 'no content id');
  return id;
}

export function indexOf(fields: Fields): number {
  return fields.uint('index', LIMITS.chunks);
}

/** One chunk's at least. */
export function hashesOf(fields: Fields): Uint8Array {
  const value = fields.value('hashes');
  const isSound =
    value instanceof Uint8Array &&
    value.length > 0 &&
    value.length % HASH_BYTES === 0 &&
    value.length <= RUN_HASHES * HASH_BYTES;
  if (!isSound) throw new P2pError('protocol', 'hashes are no hashes of chunks');
  return value;
}

export function rangesOf(fields: Fields, name: string): Ranges {
  const ranges = parseRanges(fields.list(name), LIMITS.chunks);
  if (ranges === undefined) throw new P2pError('protocol', `${name} are no sound runs of chunks`);
  return ranges;
}

export function rawRow({ name, id, bytes, chunks, have }: CatalogueRow): readonly unknown[] {
  return [name, rawId(id), bytes, chunks, have];
}

export function rowOf(value: unknown): CatalogueRow {
  const [name, id, size, chunks, have] = list(value, 'a catalogue row');
  const row = {
    name: text(name, 'a share name', LIMITS.nameBytes),
    id: asId(id),
    bytes: uint(size, 'bytes'),
    chunks: uint(chunks, 'chunks', LIMITS.chunks),
    have: uint(have, 'have', LIMITS.chunks),
  };
  if (row.have > row.chunks) throw new P2pError('protocol', 'more chunks held than there are');
  return row;
}

export function rawKey({ name, id }: RowKey): readonly unknown[] {
  return [name, rawId(id)];
}

export function keyOf(value: unknown): RowKey {
  const [name, id] = list(value, 'a catalogue key');
  return { name: text(name, 'a share name', LIMITS.nameBytes), id: asId(id) };
}

function asId(value: unknown): ContentId {
  return Buffer.from(bytes(value, 'a content id', 32)).toString('hex') as ContentId;
}

/** What a request was refused for, a word a program can match on. */
export type Refusal = 'unknown' | 'absent' | 'stale' | 'full' | 'busy' | 'denied';

const REFUSALS: readonly string[] = ['unknown', 'absent', 'stale', 'full', 'busy', 'denied'];

export function asRefusal(value: string): Refusal | undefined {
  return REFUSALS.includes(value) ? (value as Refusal) : undefined;
}

export function asPriority(value: string): Priority | undefined {
  return isPriority(value) ? value : undefined;
}
