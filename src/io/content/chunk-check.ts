/** Hashes chunks where they lie, staged or kept: which of them are what the manifest says. */
import type { ContentSource } from '#src/domain/content/content-source.js';
import { chunkLength } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { isChunk } from '#src/domain/content/manifest.js';
import { LIMITS } from '#src/domain/limits.js';
import { FilePool } from '#src/io/disk/file-pool.js';
import { blake3Of } from './blake3.js';
import type { ContentReader, ReadAnswer } from './chunk-reader.js';
import { openContent } from './chunk-reader.js';

export type CheckRun<Index extends number> = {
  readonly source: ContentSource;
  readonly manifest: Manifest;
  /** Each below the manifest's number of chunks. */
  readonly chunks: readonly Index[];
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, bytes: number) => void;
  /** Takes each good chunk; its bytes are valid until it resolves. */
  readonly onGood?: (index: Index, bytes: Uint8Array) => Promise<void>;
};

/** @returns the good ones. @throws the signal's reason, checked between chunks. */
export async function checkChunks<Index extends number>(
  run: CheckRun<Index>,
): Promise<readonly Index[]> {
  const { manifest, chunks, signal } = run;
  const lengthOf = (index: number) => chunkLength(manifest.layout, manifest.entries, index);
  const bytes = chunks.reduce((sum, index) => sum + lengthOf(index), 0);
  const pool = new FilePool();
  const reader = openContent(run.source, manifest, pool);
  const good: Index[] = [];
  let doneBytes = 0;
  try {
    for await (const [index, block, answer] of readAhead(chunks, lengthOf, reader)) {
      signal.throwIfAborted();
      if (answer === 'ok' && isChunk(manifest, index, block, blake3Of)) {
        await run.onGood?.(index, block);
        good.push(index);
      }
      doneBytes += block.length;
      run.onProgress(doneBytes, bytes);
    }
  } finally {
    await pool.close();
  }
  return good;
}

/** Reads one chunk while the one before is hashed, in two buffers that take turns. */
export async function* readAhead<Index extends number>(
  chunks: readonly Index[],
  lengthOf: (index: number) => number,
  reader: ContentReader,
): AsyncGenerator<readonly [Index, Uint8Array, ReadAnswer]> {
  const buffers = [new Uint8Array(LIMITS.chunkBytes), new Uint8Array(LIMITS.chunkBytes)];
  const start = async (position: number) => {
    const index = chunks[position];
    const block = buffers[position % 2]?.subarray(0, lengthOf(index ?? 0));
    if (index === undefined || block === undefined) return undefined;
    return [index, block, await reader.readChunk(index, [block])] as const;
  };
  let reading = start(0);
  try {
    for (let position = 1; position <= chunks.length; position += 1) {
      const current = await reading;
      if (current === undefined) return;
      if (position < chunks.length) reading = start(position);
      yield current;
    }
  } finally {
    // A read that nobody waits for any more must not fail unheard, nor outlive its files.
    await Promise.allSettled([reading]);
  }
}
