/** A job to turn what lies at a path into a manifest: what it is given, what it stores on the way, and what it says. */

import type { Skipped } from '#src/domain/catalogue/share-table.js';
import { type ContentKind, fileCount } from '#src/domain/content/entries.js';
import type { HashRun } from '#src/domain/content/hash-run.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { type Place, placeOf } from '#src/domain/content/place.js';
import type { ContentId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { type Drafting, type Indexed, indexContent } from './content-index.js';
import type { FailedFiles, Promised } from './failed-files.js';
import {
  type Fingerprints,
  LOOK_VALUES,
  readFingerprints,
  writeFingerprints,
} from './fingerprints.js';
import type { RuleSource } from './ignore-rules.js';
import type { Hashed } from './known-content.js';
import type { ManifestStore } from './manifest-store.js';
import { inSharedMemory } from './shared-manifest.js';
import type { Ignored, Tree } from './tree-walk.js';

/** Of what is sent: whoever sends it wants to know of each, and more than that nobody reads. */
const NAMED_SKIPPED = 10_000;

/** What was known of a path when it was last indexed: its manifest, and how each file looked. */
export type Known = { readonly id: ContentId; readonly fingerprints: string };

export type IndexJob = Place & {
  /** The file for how each file looked. */
  readonly fingerprints: string;
  readonly known?: Known;
  /** What is larger is not read: it fails as `too-large`. */
  readonly mostBytes?: number;
  /** What is left out; all of it is taken, whatever it holds, where this is not given. */
  readonly rules?: RuleSource;
  /** False: it is looked at once, and neither its manifest nor how it looked is written, or handed on. */
  readonly isStored?: boolean;
  /** Tell of it before all is hashed, for this offer: how its files looked is written to this file, too. */
  readonly draft?: {
    readonly offer: OfferId;
    readonly fingerprints: string;
    readonly promised: Promised;
  };
};

/** What was passed over when it was listed. */
type PassedOver = {
  /** Of a share the first 100, of what is sent the first 10,000; `skippedCount` has them all. */
  readonly skipped: readonly Skipped[];
  readonly skippedCount: number;
  /** Left out by rules; of a folder that is left out nothing in it counts. */
  readonly ignoredCount: number;
  /** Undefined where there are none. */
  readonly firstIgnored?: Ignored | undefined;
};

/** What is known of a content before it is read. */
export type Drafted = PassedOver & {
  readonly draft: ContentId;
  readonly kind: ContentKind;
  readonly bytes: number;
  readonly chunks: number;
  readonly files: number;
  /** In shared memory. */
  readonly manifest: Manifest;
};

export type IndexedContent = PassedOver &
  FailedFiles & {
    readonly id: ContentId;
    readonly kind: ContentKind;
    readonly bytes: number;
    readonly chunks: number;
    readonly entries: number;
    /** Those of them that are files. */
    readonly files: number;
    readonly readBytes: number;
    /** In shared memory. */
    readonly manifest?: Manifest;
  };

export type IndexTelling = {
  /** All is listed, and its draft stored among the manifests. */
  readonly drafted: (drafted: Drafted) => void;
  readonly hashed: (run: HashRun) => void;
};

type Run = IndexTelling & {
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, bytes: number) => void;
};

/** @throws P2pError as `indexContent` says */
export async function runIndexJob(
  job: IndexJob,
  store: ManifestStore,
  run: Run,
): Promise<IndexedContent> {
  const known = await knownContent(job.known, store);
  const { draft } = job;
  const offered = draft?.promised.draft && (await store.read(draft.promised.draft));
  const content = await indexContent({
    ...run,
    ...placeOf(job),
    known,
    mostBytes: job.mostBytes,
    rules: job.rules,
    ...(draft && {
      drafting: drafting(draft, store, run),
      promised: draft.promised,
      offered: offered?.entries,
      mostNamed: NAMED_SKIPPED,
    }),
  });
  const { manifest, looks } = content;
  const indexed = indexedOf(content);
  if (job.isStored === false) return indexed;
  // For the thread that serves it: the first who asks for it need not wait until it is parsed there.
  const shared = inSharedMemory(manifest);
  const isNoted = job.known?.id === manifest.id && job.known.fingerprints === job.fingerprints;
  if (known === undefined || !isNoted || !areEqual(known.looks, looks)) {
    await store.write(shared);
    await writeFingerprints(job.fingerprints, manifest.id, looks);
  }
  return { ...indexed, manifest: shared };
}

function indexedOf({ manifest, tree, readBytes, failed, failedCount }: Indexed): IndexedContent {
  return {
    id: manifest.id,
    kind: manifest.kind,
    bytes: manifest.bytes,
    chunks: manifest.layout.chunks,
    entries: manifest.entries.count,
    files: fileCount(manifest.entries),
    readBytes,
    ...passedOver(tree),
    failed,
    failedCount,
  };
}

function passedOver({ skipped, skippedCount, ignoredCount, firstIgnored }: Tree): PassedOver {
  return { skipped, skippedCount, ignoredCount, firstIgnored };
}

function drafting(
  { offer, fingerprints }: NonNullable<IndexJob['draft']>,
  store: ManifestStore,
  { drafted, hashed }: IndexTelling,
): Drafting {
  return {
    offer,
    async drafted(listed, looks, tree) {
      const manifest = inSharedMemory(listed);
      await store.write(manifest);
      await writeFingerprints(fingerprints, manifest.id, looks);
      const { id: draft, kind, bytes, layout, entries } = manifest;
      const about = { draft, kind, bytes, chunks: layout.chunks, files: fileCount(entries) };
      drafted({ ...about, ...passedOver(tree), manifest });
    },
    hashed,
  };
}

/** @returns what was hashed before, or undefined where its manifest or its looks are gone. */
async function knownContent(
  known: Known | undefined,
  store: ManifestStore,
): Promise<Hashed | undefined> {
  if (known === undefined) return undefined;
  const manifest = await store.read(known.id);
  const looks = await readFingerprints(known.fingerprints, known.id);
  if (manifest === undefined || looks === undefined) return undefined;
  if (looks.length !== manifest.entries.count * LOOK_VALUES) return undefined;
  const { entries, layout, chunkHashes } = manifest;
  return { entries, layout, chunkHashes, looks };
}

function areEqual(left: Fingerprints, right: Fingerprints): boolean {
  return left.length === right.length && left.every((value, at) => value === right[at]);
}
