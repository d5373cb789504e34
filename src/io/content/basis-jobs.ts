/** What a hasher does with a basis, something here that shares bytes with a download: cut it, copy from it. */
import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import { segmentSizesFor } from '#src/domain/content/content-defined.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import { copiesByHash, copiesBySegments, type PiecesOf } from '#src/domain/content/copies.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { parseSegments } from '#src/domain/content/segment-list.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { copyChunks } from './basis-copying.js';
import type { ManifestStore } from './manifest-store.js';
import { cutContent } from './segment-cutting.js';
import { readSegments, writeSegments } from './segment-store.js';

export type CutJob = {
  readonly id: ContentId;
  readonly source: ContentSource;
  /** The size of the content whose list it is compared with: its own, where it is that. */
  readonly likeBytes: number;
  readonly file: string;
};

export type CopyJob = {
  readonly id: ContentId;
  readonly staging: string;
  /** What is here already. */
  readonly have: Ranges;
  readonly basis: { readonly id: ContentId; readonly path: string };
  /** The files of both lists, to copy by segments; without them it is copied by hash. */
  readonly lists?: { readonly wanted: string; readonly basis: string };
};

/** As a job of the hasher runs. */
type Run = {
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, bytes: number) => void;
};

/** @throws P2pError `changed`, `damaged`; the signal's reason, the system's errors */
export async function cutToFile(job: CutJob, store: ManifestStore, run: Run): Promise<void> {
  const manifest = await manifestIn(store, job.id);
  const sizes = segmentSizesFor(job.likeBytes);
  const records = await cutContent({ ...run, source: job.source, manifest, sizes });
  await writeSegments(job.file, [records]);
}

/** @returns those that were good. @throws P2pError `damaged`, `protocol`; the signal's reason, the system's errors */
export async function copyFromBasis(
  job: CopyJob,
  store: ManifestStore,
  run: Run,
): Promise<readonly ChunkIndex[]> {
  const wanted = await manifestIn(store, job.id);
  const basis = await manifestIn(store, job.basis.id);
  const piecesOf = await piecesFrom(wanted, basis, job.lists);
  const writer = new StagedWriter(job.staging, wanted);
  try {
    return await copyChunks({
      ...run,
      wanted,
      have: ChunkSet.from(wanted.layout.chunks, job.have),
      basis,
      path: job.basis.path,
      piecesOf,
      onGood: (index, bytes) => writer.write(index, bytes),
    });
  } finally {
    await writer.close();
  }
}

async function piecesFrom(
  wanted: Manifest,
  basis: Manifest,
  lists: CopyJob['lists'],
): Promise<PiecesOf> {
  if (lists === undefined) return copiesByHash(wanted, basis);
  const sizes = segmentSizesFor(wanted.bytes);
  const theirs = parseSegments(await readSegments(lists.wanted), wanted, sizes);
  const ours = parseSegments(await readSegments(lists.basis), basis, sizes);
  return copiesBySegments(wanted, theirs, ours);
}

/** @throws P2pError `damaged` */
export async function manifestIn(store: ManifestStore, id: ContentId): Promise<Manifest> {
  const manifest = await store.read(id);
  if (manifest !== undefined) return manifest;
  throw new P2pError('damaged', 'The manifest of this download is missing or damaged.');
}
