/**
 * Cuts what lies here by its bytes and hashes each segment (`content-defined.ts`): 2 s of a core for a GiB, so it is done
 * only when somebody asks. Reads chunk by chunk; the thread lives in between.
 */

import { Cutter, type SegmentSizes } from '#src/domain/content/content-defined.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import { sizeOf } from '#src/domain/content/entries.js';
import { chunkLength, partsOf } from '#src/domain/content/layout.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { mostSegments, SEGMENT_BYTES, writeRecord } from '#src/domain/content/segment-list.js';
import { P2pError } from '#src/domain/errors.js';
import { FilePool } from '#src/io/disk/file-pool.js';
import { type Blake3Stream, blake3Stream } from './blake3.js';
import { readAhead } from './chunk-check.js';
import { openContent } from './chunk-reader.js';

export type CutRun = {
  readonly source: ContentSource;
  readonly manifest: Manifest;
  readonly sizes: SegmentSizes;
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, bytes: number) => void;
};

/** @returns its list. @throws P2pError `changed` where it is not what was hashed; the signal's reason, the system's errors */
export async function cutContent(run: CutRun): Promise<Uint8Array> {
  const { manifest, signal } = run;
  const { layout, entries } = manifest;
  const chunks = Array.from({ length: layout.largeChunks }, (_, index) => index);
  const lengthOf = (index: number) => chunkLength(layout, entries, index);
  const pool = new FilePool();
  const cutting = new Cutting(manifest, run.sizes);
  let doneBytes = 0;
  try {
    const reader = openContent(run.source, manifest, pool);
    for await (const [index, block, answer] of readAhead(chunks, lengthOf, reader)) {
      signal.throwIfAborted();
      if (answer !== 'ok') throw new P2pError('changed', 'It is not any more what was hashed.');
      cutting.take(block, endsFile(manifest, index));
      doneBytes += block.length;
      run.onProgress(doneBytes, manifest.bytes);
    }
  } finally {
    await pool.close();
  }
  return cutting.records;
}

function endsFile({ layout, entries }: Manifest, index: number): boolean {
  const [part] = partsOf(layout, entries, index);
  return part !== undefined && part.fileOffset + part.bytes === sizeOf(entries, part.entry);
}

class Cutting {
  readonly #cutter: Cutter;
  readonly #records: Uint8Array;
  #filled = 0;
  #open: Blake3Stream | undefined;

  constructor(manifest: Manifest, sizes: SegmentSizes) {
    this.#cutter = new Cutter(sizes);
    this.#records = new Uint8Array(mostSegments(manifest, sizes) * SEGMENT_BYTES);
  }

  get records(): Uint8Array {
    return this.#records.slice(0, this.#filled);
  }

  take(block: Uint8Array, isLast: boolean): void {
    let from = 0;
    while (from < block.length) {
      const openBytes = this.#cutter.length;
      const found = this.#cutter.next(block, from);
      const end = found === -1 ? block.length : found;
      this.#open ??= blake3Stream();
      this.#open.update(block.subarray(from, end));
      const length = openBytes + end - from;
      const isCut = found !== -1 || (isLast && end === block.length);
      if (isCut) this.#note(length);
      from = end;
    }
    if (isLast) this.#cutter.end();
  }

  #note(length: number): void {
    const hash = this.#open?.digest();
    this.#open = undefined;
    if (hash === undefined) return;
    writeRecord(this.#records, this.#filled, length, hash);
    this.#filled += SEGMENT_BYTES;
  }
}
