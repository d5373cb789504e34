/**
 * Reads the files of a content and fills in its hashes. Files of several blocks are read ahead, one block
 * while the one before is hashed, so that disk and processor work at the same time; the many small calls for
 * all others are synchronous, which costs a fifth of asking libuv's threads for each. A file must look the same before and
 * after it is read as it did when it was listed; one that does not is made to look like nothing.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';
import { entryHashOf, isFile, pathOf, sizeOf } from '#src/domain/content/entries.js';
import { HASH_BYTES } from '#src/domain/content/hash.js';
import { partsOf } from '#src/domain/content/layout.js';
import { LIMITS } from '#src/domain/limits.js';
import { isGone, openToRead, READ_ONLY } from '#src/io/disk/file-pool.js';
import { blake3Of } from './blake3.js';
import type { EntryPath } from './entry-paths.js';
import { forgetLook, looksSame } from './fingerprints.js';
import type { Hashed } from './known-content.js';

export type HashRun = {
  readonly pathIn: EntryPath;
  readonly signal: AbortSignal;
  /** Bytes read and hashed since the last call. */
  readonly onRead: (bytes: number) => void;
  /** The hashes of these chunks are known now. */
  readonly onHashed?: (first: number, count: number) => void;
};

/** One read: large enough that calls cost nothing, a multiple of every chunk size. */
const BLOCK_BYTES = LIMITS.chunkBytes;

type Outcome = 'hashed' | 'changed';

/**
 * Hashes every chunk that is not in `done`.
 * @returns entries that changed meanwhile; they, and what is in a pack with them, look like nothing in `content.looks`.
 * @throws the signal's reason if it is aborted; checked between blocks.
 */
export async function hashContent(
  content: Hashed,
  done: Uint8Array,
  run: HashRun,
): Promise<readonly number[]> {
  const { entries, layout } = content;
  const blocks = [new Uint8Array(BLOCK_BYTES), new Uint8Array(BLOCK_BYTES)] as const;
  const changed: number[] = [];
  for (const [position, entry] of layout.largeEntries.entries()) {
    const first = layout.largeFirst[position] ?? 0;
    if (done[first] === 1) continue;
    const outcome = await hashLarge(content, entry, first, blocks, run);
    await breathe();
    if (outcome === 'changed') {
      forgetLook(content.looks, entry);
      changed.push(entry);
    }
  }
  for (let chunk = layout.largeChunks; chunk < layout.chunks; chunk += 1) {
    if (done[chunk] === 1) continue;
    run.signal.throwIfAborted();
    changed.push(...hashPack(content, chunk, blocks[0], run));
    await breathe();
  }
  const empty = blake3Of(new Uint8Array());
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (isFile(entries, entry) && sizeOf(entries, entry) === 0) {
      entryHashOf(entries, entry).set(empty);
    }
  }
  return changed;
}

async function hashLarge(
  content: Hashed,
  entry: number,
  first: number,
  blocks: readonly [Uint8Array, Uint8Array],
  run: HashRun,
): Promise<Outcome> {
  const size = sizeOf(content.entries, entry);
  const outcome =
    size <= BLOCK_BYTES
      ? hashOneBlock(content, entry, first, blocks[0].subarray(0, size), run)
      : await hashManyBlocks(content, entry, first, blocks, run);
  if (outcome === 'changed') return outcome;
  const count = Math.ceil(size / content.layout.chunkBytes);
  const hashes = content.chunkHashes.subarray(first * HASH_BYTES, (first + count) * HASH_BYTES);
  entryHashOf(content.entries, entry).set(blake3Of(hashes));
  return 'hashed';
}

/** Nothing to read ahead: the cheaper calls. */
function hashOneBlock(
  content: Hashed,
  entry: number,
  first: number,
  block: Uint8Array,
  run: HashRun,
): Outcome {
  run.signal.throwIfAborted();
  if (readWholeSync(content, entry, block, run.pathIn) === 'changed') return 'changed';
  hashBlock(content, first, block, run);
  run.onRead(block.length);
  return 'hashed';
}

async function hashManyBlocks(
  content: Hashed,
  entry: number,
  first: number,
  blocks: readonly [Uint8Array, Uint8Array],
  run: HashRun,
): Promise<Outcome> {
  const isTheSame = async (file: FileHandle) =>
    looksSame(content.looks, entry, await file.stat({ bigint: true }));
  let file: FileHandle;
  try {
    file = await openToRead(run.pathIn(pathOf(content.entries, entry)));
  } catch (error) {
    return changedIfGone(error);
  }
  try {
    if (!(await isTheSame(file))) return 'changed';
    if (!(await hashBlocks(content, entry, first, file, blocks, run))) return 'changed';
    return (await isTheSame(file)) ? 'hashed' : 'changed';
  } finally {
    await file.close();
  }
}

/** @returns false where the file ends too early. */
async function hashBlocks(
  content: Hashed,
  entry: number,
  first: number,
  file: FileHandle,
  blocks: readonly [Uint8Array, Uint8Array],
  run: HashRun,
): Promise<boolean> {
  const size = sizeOf(content.entries, entry);
  const read = (at: number, block: Uint8Array) =>
    readBlock(file, block.subarray(0, Math.min(BLOCK_BYTES, size - at)), at);
  let [current, next] = blocks;
  let reading = read(0, current);
  for (let at = 0; at < size; at += BLOCK_BYTES) {
    const block = await reading;
    run.signal.throwIfAborted();
    if (block === undefined) return false;
    // Nothing is awaited between this read's start and its own await: it cannot fail unheard.
    if (at + BLOCK_BYTES < size) reading = read(at + BLOCK_BYTES, next);
    hashBlock(content, first + at / content.layout.chunkBytes, block, run);
    run.onRead(block.length);
    [current, next] = [next, current];
  }
  return true;
}

function hashBlock(content: Hashed, first: number, block: Uint8Array, run: HashRun): void {
  const { chunkBytes } = content.layout;
  for (let at = 0; at < block.length; at += chunkBytes) {
    const digest = blake3Of(block.subarray(at, at + chunkBytes));
    content.chunkHashes.set(digest, (first + at / chunkBytes) * HASH_BYTES);
  }
  run.onHashed?.(first, Math.ceil(block.length / chunkBytes));
}

/** @returns the block, filled, or undefined where the file ends too early. */
async function readBlock(
  file: FileHandle,
  block: Uint8Array,
  position: number,
): Promise<Uint8Array | undefined> {
  let filled = 0;
  while (filled < block.length) {
    const left = block.length - filled;
    const { bytesRead } = await file.read(block, filled, left, position + filled);
    if (bytesRead === 0) return undefined;
    filled += bytesRead;
  }
  return block;
}

/** @returns entries that changed. A pack with one is not hashed: its entries look like nothing. */
function hashPack(
  content: Hashed,
  chunk: number,
  buffer: Uint8Array,
  run: HashRun,
): readonly number[] {
  const parts = partsOf(content.layout, content.entries, chunk);
  let filled = 0;
  const changed: number[] = [];
  for (const { entry, chunkOffset, bytes } of parts) {
    const target = buffer.subarray(chunkOffset, chunkOffset + bytes);
    if (readWholeSync(content, entry, target, run.pathIn) === 'changed') {
      changed.push(entry);
      continue;
    }
    entryHashOf(content.entries, entry).set(blake3Of(target));
    filled += bytes;
  }
  run.onRead(filled);
  if (changed.length === 0) {
    const whole = blake3Of(buffer.subarray(0, filled));
    content.chunkHashes.set(whole, chunk * HASH_BYTES);
    run.onHashed?.(chunk, 1);
    return [];
  }
  for (const { entry } of parts) forgetLook(content.looks, entry);
  return changed;
}

function readWholeSync(
  content: Hashed,
  entry: number,
  target: Uint8Array,
  pathIn: EntryPath,
): Outcome {
  let descriptor: number;
  try {
    descriptor = openSync(pathIn(pathOf(content.entries, entry)), READ_ONLY);
  } catch (error) {
    return changedIfGone(error);
  }
  const isTheSame = () => looksSame(content.looks, entry, fstatSync(descriptor, { bigint: true }));
  try {
    if (!isTheSame()) return 'changed';
    let filled = 0;
    while (filled < target.length) {
      const count = readSync(descriptor, target, filled, target.length - filled, filled);
      if (count === 0) return 'changed';
      filled += count;
    }
    return isTheSame() ? 'hashed' : 'changed';
  } finally {
    closeSync(descriptor);
  }
}

/** What cannot be opened any more has changed; when it is listed again, it is skipped and named. */
function changedIfGone(error: unknown): Outcome {
  if (isGone(error)) return 'changed';
  throw error;
}
