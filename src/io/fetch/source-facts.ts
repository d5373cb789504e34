/** What a step of the fetching means to the download: a manifest and a list are told once they are stored, the rest at once. */

import type { Manifest } from '#src/domain/content/manifest.js';
import type { SegmentsEvent, SourceEvent } from '#src/domain/download/download-events.js';
import { toRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { ManifestStore } from '#src/io/content/manifest-store.js';
import { writeSegments } from '#src/io/content/segment-store.js';
import { inSharedMemory } from '#src/io/content/shared-manifest.js';
import type { Fetched } from './fetching.js';

export type Fact = SourceEvent | SegmentsEvent;

export type Stores = {
  readonly manifests: ManifestStore;
  /** The file for the source's list of segments. */
  readonly heardSegments: string;
};

/** @throws what the disk says. */
export function factOf(what: Fetched, { manifests, heardSegments }: Stores): Fact | Promise<Fact> {
  switch (what.type) {
    case 'manifest':
      return storeManifest(what.manifest, manifests);
    case 'segments':
      return writeSegments(heardSegments, what.pages).then(() => ({ type: 'segments-stored' }));
    case 'no-segments':
      return { type: 'segments-absent' };
    case 'wrong-manifest':
      return { type: 'manifest-wrong', error: what.error };
    case 'has':
      return { ...what, type: 'source-has' };
    case 'arriving':
      return { type: 'chunk-arriving', bytes: what.bytes };
    case 'wrong':
      return { type: 'chunk-wrong', index: what.index };
    case 'refused':
      return { type: 'chunk-refused', index: what.index, code: what.code };
    case 'chunk':
    case 'unwritten':
      return diskFactOf(what);
    default:
      return unreachable(what);
  }
}

export type OfDisk = Extract<Fetched, { type: 'chunk' | 'unwritten' }>;

export function isOfDisk(what: Fetched): what is OfDisk {
  return what.type === 'chunk' || what.type === 'unwritten';
}

/** What became of a chunk that was proven. */
export function diskFactOf(what: OfDisk): Fact {
  if (what.type === 'unwritten') return { type: 'write-failed', error: toRecord(what.error) };
  const { index, bytes, ms } = what;
  return { type: 'chunk-stored', index, bytes, ms };
}

async function storeManifest(fetched: Manifest, manifests: ManifestStore): Promise<Fact> {
  const manifest = inSharedMemory(fetched);
  await manifests.write(manifest);
  return { type: 'manifest-stored', manifest };
}
