/**
 * Brings into a staged download what can be put together from something else that lies here. What was expected is a guess:
 * each chunk is proven by its hash before it counts, so that a basis that lies, changes or goes costs no more than the
 * reading.
 */
import { join } from 'node:path';
import type { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { Piece, PiecesOf } from '#src/domain/content/copies.js';
import { pathOf } from '#src/domain/content/entries.js';
import { chunkLength } from '#src/domain/content/layout.js';
import { isChunk, type Manifest } from '#src/domain/content/manifest.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { FilePool, isGone } from '#src/io/disk/file-pool.js';
import { readPacked } from '#src/io/disk/packed-files.js';
import { readInto } from '#src/io/disk/read-into.js';
import { blake3Of } from './blake3.js';

export type CopyRun = {
  readonly wanted: Manifest;
  /** What is here of it already. */
  readonly have: ChunkSet;
  readonly basis: Manifest;
  /** Where the basis lies: the file, or the root of the tree. */
  readonly path: string;
  readonly piecesOf: PiecesOf;
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, bytes: number) => void;
  /** Takes each good chunk; its bytes are valid until it resolves. */
  readonly onGood: (index: ChunkIndex, bytes: Uint8Array) => Promise<void>;
};

/** @returns those that were good. @throws the signal's reason, checked between chunks; the system's errors */
export async function copyChunks(run: CopyRun): Promise<readonly ChunkIndex[]> {
  const { wanted, have, signal } = run;
  const { chunks } = wanted.layout;
  const block = new Uint8Array(LIMITS.chunkBytes);
  const pool = new FilePool();
  const good: ChunkIndex[] = [];
  try {
    for (let index = 0; index < chunks; index += 1) {
      const pieces = have.has(index) ? undefined : run.piecesOf(index);
      if (pieces === undefined) continue;
      signal.throwIfAborted();
      const bytes = block.subarray(0, chunkLength(wanted.layout, wanted.entries, index));
      const isPack = index >= wanted.layout.largeChunks;
      if (!(await readPieces(run, pieces, isPack, bytes, pool))) continue;
      if (!isChunk(wanted, index, bytes, blake3Of)) continue;
      await run.onGood(index as ChunkIndex, bytes);
      good.push(index as ChunkIndex);
      run.onProgress(good.length, chunks);
    }
  } finally {
    await pool.close();
  }
  return good;
}

/** @returns false where something of it is gone or shorter than it was. */
async function readPieces(
  { basis, path }: CopyRun,
  pieces: readonly Piece[],
  isPack: boolean,
  target: Uint8Array,
  pool: FilePool,
): Promise<boolean> {
  try {
    for (const { entry, fileOffset, chunkOffset, bytes } of pieces) {
      const file = basis.kind === 'file' ? path : join(path, pathOf(basis.entries, entry));
      const view = target.subarray(chunkOffset, chunkOffset + bytes);
      // What travels in packs is small and read whole.
      const isRead = isPack
        ? (await readPacked(pool.disk, file, [view])) !== 'short'
        : await pool.with(file, (lease) => readInto(lease.file, [view], fileOffset));
      if (!isRead) return false;
    }
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}
