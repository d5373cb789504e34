/**
 * Hasher: turns a file or directory into a manifest, tells which chunks of a staged download are good, and
 * brings into it what this machine holds elsewhere.
 * It does not decide what is hashed and when, nor watch anything: one job is one message.
 * It may block on the disk, for as long as one block or one pack takes; it is cancelled between them.
 * When it restarts, running jobs are lost and have to be sent again; hashes of a job half done are lost.
 */
import {
  filter,
  ignoreElements,
  last,
  map,
  merge,
  mergeMap,
  NEVER,
  Observable,
  startWith,
  takeUntil,
  takeWhile,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { JobFailed } from '#src/domain/catalogue/shares.js';
import type { ContentSource } from '#src/domain/content/content-source.js';
import type { HashRun } from '#src/domain/content/hash-run.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';
import {
  type CopyJob,
  type CutJob,
  copyFromBasis,
  cutToFile,
  manifestIn,
} from '#src/io/content/basis-jobs.js';
import { checkChunks } from '#src/io/content/chunk-check.js';
import {
  type Drafted,
  type IndexedContent,
  type IndexJob,
  type IndexTelling,
  runIndexJob,
} from '#src/io/content/index-job.js';
import type { ManifestStore } from '#src/io/content/manifest-store.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';

export type Init = {
  /** Where manifests are written as files by id. */
  readonly manifests: string;
};

export type In =
  /**
   * Turn the file or directory at `path` into a manifest, reading only what differs from `known`. `job` comes back in every
   * answer.
   */
  | ({ readonly type: 'index'; readonly job: number } & IndexJob)
  /** Hash these chunks of a staged download on the spot and tell which are good. */
  | {
      readonly type: 'verify';
      readonly job: number;
      readonly id: ContentId;
      readonly staging: string;
      readonly chunks: readonly ChunkIndex[];
    }
  /** Bring chunks that this machine holds elsewhere into a staged download, each proven on the way. */
  | {
      readonly type: 'adopt';
      readonly job: number;
      readonly id: ContentId;
      readonly staging: string;
      readonly source: ContentSource;
      readonly chunks: readonly ChunkIndex[];
    }
  /** Cut what lies at `source` by its bytes, as a content of `likeBytes` is cut, and write the list to `file`. */
  | ({ readonly type: 'cut'; readonly job: number } & CutJob)
  /** Bring into a staged download what can be put together from another content here, each chunk proven. */
  | ({ readonly type: 'copy'; readonly job: number } & CopyJob)
  | { readonly type: 'cancel'; readonly job: number };

export type Out =
  /** At most ten a second for each job. */
  | {
      readonly type: 'progress';
      readonly job: number;
      readonly doneBytes: number;
      readonly bytes: number;
    }
  /** All is listed, and its draft stored among the manifests. */
  | ({ readonly type: 'drafted'; readonly job: number } & Drafted)
  /** Chunks of that draft. */
  | ({ readonly type: 'hashed'; readonly job: number } & HashRun)
  /** `readBytes` had to be read: 0 when nothing had changed. */
  | (IndexedContent & { readonly type: 'indexed'; readonly job: number })
  /** Of `verify`, `adopt` and `copy`: those that are what the manifest says. */
  | { readonly type: 'verified'; readonly job: number; readonly good: readonly ChunkIndex[] }
  /** The list is written. */
  | { readonly type: 'cut-done'; readonly job: number }
  | JobFailed;

type Job = Exclude<In, { type: 'cancel' }>;

/** What a job is given to run with. */
type Run = {
  readonly signal: AbortSignal;
  readonly onProgress: (doneBytes: number, bytes: number) => void;
  readonly say: (said: Out) => void;
};

/** Ten a second: what a terminal can show and a person can follow. */
const PROGRESS_MS = 100;

export const hasher: Actor<Init, In, Out> = (init, inbox) => {
  const store = openManifestStore(init.manifests);
  const stopped = inbox.pipe(ignoreElements(), startWith(undefined), last());
  return inbox.pipe(
    filter((message): message is Job => message.type !== 'cancel'),
    // Not bounded here: the main thread sends one job to index at a time, and one to verify a download.
    mergeMap((job) =>
      answered(job, store, inbox).pipe(takeWhile(isUnderWay, true), takeUntil(stopped)),
    ),
  );
};

function isUnderWay({ type }: Out): boolean {
  return type === 'progress' || type === 'drafted' || type === 'hashed';
}

/** What writes into a download has ended once it is answered, cancelled or not; all else is let go of at once. */
function answered(job: Job, store: ManifestStore, inbox: Observable<In>): Observable<Out> {
  const cancels = cancelled(job.job, inbox);
  const isWriting = job.type === 'copy' || job.type === 'adopt';
  return isWriting ? running(job, store, cancels) : merge(running(job, store), cancels);
}

/** Runs a job from subscription to its answer; aborts it when unsubscribed, or when told to. */
function running(
  job: Job,
  store: ManifestStore,
  cancels: Observable<unknown> = NEVER,
): Observable<Out> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    subscriber.add(cancels.subscribe(() => controller.abort(cancellation())));
    let saidAt = Number.NEGATIVE_INFINITY;
    const onProgress = (doneBytes: number, bytes: number) => {
      if (performance.now() - saidAt < PROGRESS_MS) return;
      saidAt = performance.now();
      subscriber.next({ type: 'progress', job: job.job, doneBytes, bytes });
    };
    const say = (said: Out) => subscriber.next(said);
    const run: Run = { signal: controller.signal, onProgress, say };
    answerTo(job, store, run).then(
      (said) => subscriber.next(said),
      (error: unknown) => {
        // A failure of the files is the answer; one of this program is the supervisor's business.
        if (typeof (error as { code?: unknown }).code !== 'string') subscriber.error(error);
        else subscriber.next({ type: 'job-failed', job: job.job, error: toRecord(error) });
      },
    );
    return () => controller.abort();
  });
}

function answerTo(job: Job, store: ManifestStore, run: Run): Promise<Out> {
  switch (job.type) {
    case 'index':
      return index(job, store, run);
    case 'cut':
      return cutToFile(job, store, run).then(() => ({ type: 'cut-done', job: job.job }));
    case 'copy':
      return copyFromBasis(job, store, run).then((good) => ({
        type: 'verified',
        job: job.job,
        good,
      }));
    default:
      return check(job, store, run);
  }
}

async function index(
  { job, ...about }: Extract<In, { type: 'index' }>,
  store: ManifestStore,
  run: Run,
): Promise<Out> {
  const telling: IndexTelling = {
    drafted: (drafted) => run.say({ type: 'drafted', job, ...drafted }),
    hashed: (hashes) => run.say({ type: 'hashed', job, ...hashes }),
  };
  return { type: 'indexed', job, ...(await runIndexJob(about, store, { ...run, ...telling })) };
}

function cancellation(): P2pError {
  return new P2pError('cancelled', 'Hashing was cancelled.');
}

function cancelled(job: number, inbox: Observable<In>): Observable<Out> {
  const error = toRecord(cancellation());
  return inbox.pipe(
    filter((message) => message.type === 'cancel' && message.job === job),
    map(() => ({ type: 'job-failed', job, error })),
  );
}

async function check(
  job: Extract<In, { type: 'verify' | 'adopt' }>,
  store: ManifestStore,
  run: Run,
): Promise<Out> {
  const manifest = await manifestIn(store, job.id);
  const { staging, chunks } = job;
  if (job.type === 'verify') {
    const source = { kind: 'partial', path: staging, have: [] } as const;
    const good = await checkChunks({ ...run, source, manifest, chunks });
    return { type: 'verified', job: job.job, good };
  }
  const writer = new StagedWriter(staging, manifest);
  try {
    const onGood = (index: ChunkIndex, bytes: Uint8Array) => writer.write(index, bytes);
    const good = await checkChunks({ ...run, source: job.source, manifest, chunks, onGood });
    return { type: 'verified', job: job.job, good };
  } finally {
    await writer.close();
  }
}

export default inThread(hasher);
