/**
 * A request: one source of one download. Connects to its transfer server, brings the manifest if told to, follows
 * what the source has, and fetches chunks, pipelined: each is proven and written in its place before it is told.
 *
 * It does not choose chunks or decide about sources: the download's schedule does. It may block on its one
 * source and on the disk. When it dies, the chunks in flight are lost and nothing else; another one takes over.
 */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  endWith,
  finalize,
  from,
  ignoreElements,
  interval,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  share,
  shareReplay,
  startWith,
  take,
  takeUntil,
  takeWhile,
  tap,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { Ranges } from '#src/domain/chunk-set.js';
import { Crawl } from '#src/domain/crawl.js';
import type { SegmentsEvent, SourceEvent } from '#src/domain/download-events.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId } from '#src/domain/ids.js';
import type { Manifest } from '#src/domain/manifest.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Fetched, Fetching } from '#src/io/fetching.js';
import type { Fingerprints } from '#src/io/fingerprints.js';
import { type ManifestStore, openManifestStore } from '#src/io/manifest-store.js';
import { writeSegments } from '#src/io/segment-store.js';
import { inSharedMemory, withOwnHashes } from '#src/io/shared-manifest.js';
import { connecting, type SourceConnection, type SourcePlace } from '#src/io/source-connection.js';
import { StagedWriter } from '#src/io/staged-writer.js';

export type Init = SourcePlace & {
  /** Whether another transport is to be tried where this one crawls. */
  readonly mayMove: boolean;
  readonly manifests: string;
  /** What is fetched is a draft of the source's own. */
  readonly isDraft: boolean;
  /** The staging folder of this download. */
  readonly staging: string;
  /** The file for the list of segments that it is told to ask for. */
  readonly heardSegments: string;
};

export type In =
  /** `like`, in shared memory, may list the same tree: what was proven of it is not looked at again. */
  | { readonly type: 'ask-manifest'; readonly like?: Manifest }
  /** The manifest is here: ask the source how its content is cut by its bytes. */
  | { readonly type: 'ask-segments' }
  /**
   * The manifest is here: ask the source which chunks it has. `manifest` and `looks` are in shared memory; without the
   * one it is loaded, in the other it is noted how the small files look that are written.
   */
  | {
      readonly type: 'ask-have';
      readonly holds: Ranges;
      readonly manifest?: Manifest;
      readonly looks?: Fingerprints;
    }
  /** These are here too by now: the source wants to hear it. */
  | { readonly type: 'tell-held'; readonly ranges: Ranges }
  /** So many sources the download is fetched from now. */
  | { readonly type: 'fetch-beside'; readonly sources: number }
  | { readonly type: 'ask-chunks'; readonly chunks: readonly ChunkIndex[] }
  | { readonly type: 'cancel-chunks'; readonly chunks: readonly ChunkIndex[] }
  /** How much it may bring from now on where another one may bring 1. */
  | { readonly type: 'weigh'; readonly weight: number };

export type Out = SourceEvent | SegmentsEvent;

/** How often deadlines are looked at; counted in ticks, a suspended process blames nobody. */
const TICK_MS = 1000;

export const request: Actor<Init, In, Out> = (init, inbox) => {
  const orders = inbox.pipe(share());
  const stopped = orders.pipe(ignoreElements(), endWith(undefined));
  const staged: Staged = { writer: undefined, crawl: new Crawl() };
  const manifests = openManifestStore(init.manifests);
  const fetched = new Subject<Fetched>();
  const connection = connecting(init, (what) => fetched.next(what)).pipe(
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const obeyed = orders.pipe(
    concatMap((order) =>
      connection.pipe(
        take(1),
        mergeMap(({ fetching }) => obey(order, { ...init, manifests }, fetching, staged)),
      ),
    ),
    ignoreElements(),
  );
  const facts = fetched.pipe(concatMap((what) => told(what, { ...init, manifests })));
  const said = merge(
    facts,
    connection.pipe(mergeMap((open) => follow(open, init, staged.crawl))),
    obeyed,
  ).pipe(
    catchError((error: unknown) => of(lastWord(error))),
    takeWhile((out) => out.type !== 'source-failed' && out.type !== 'write-failed', true),
    takeUntil(stopped),
  );
  return concat(said, lastWritten(fetched, staged)).pipe(
    finalize(() => void staged.writer?.close()),
  );
};

/**
 * It has ended once the last chunk is written and told: nothing may be staged after what follows its end. What could
 * not be written is told as well: others may count what it spoilt.
 */
function lastWritten(fetched: Observable<Fetched>, staged: Staged): Observable<Out> {
  return defer(() => {
    const closed = from(staged.writer?.close() ?? Promise.resolve()).pipe(share());
    return merge(fetched.pipe(mergeMap(saidByDisk)), closed.pipe(ignoreElements())).pipe(
      takeUntil(closed),
    );
  });
}

type Staged = { writer: StagedWriter | undefined; readonly crawl: Crawl };

function saidByDisk(what: Fetched): Observable<Out> {
  if (what.type === 'unwritten') return unwritten(what);
  return what.type === 'chunk' ? stored(what) : EMPTY;
}

function follow(
  { session, fetching, rttMs }: SourceConnection,
  { mayMove }: Init,
  crawl: Crawl,
): Observable<Out> {
  const received = session.received.pipe(
    tap((message) => fetching.take(message)),
    ignoreElements(),
    endWith<Out>({ type: 'source-failed', error: { code: 'closed', message: 'it stopped' } }),
  );
  const deadlines = interval(TICK_MS).pipe(
    tap(() => {
      fetching.tick(TICK_MS);
      const isCrawling = crawl.tick(TICK_MS, fetching.countArrived(), fetching.isSourceAlone);
      if (mayMove && isCrawling) throw new P2pError('crawling', 'next to nothing gets through');
    }),
    ignoreElements(),
  );
  return merge(received, deadlines).pipe(
    startWith<Out>({ type: 'connected', rttMs }),
    finalize(() => session.close()),
  );
}

/** What a step of the fetching means to the schedule; a manifest is told once it is stored, the rest at once. */
function told(what: Fetched, { manifests, heardSegments }: Kit): Observable<Out> {
  switch (what.type) {
    case 'manifest':
      return defer(async (): Promise<Out> => {
        const manifest = inSharedMemory(what.manifest);
        await manifests.write(manifest);
        return { type: 'manifest-stored', manifest };
      });
    case 'segments':
      return defer(async (): Promise<Out> => {
        await writeSegments(heardSegments, what.pages);
        return { type: 'segments-stored' };
      });
    case 'no-segments':
      return of({ type: 'segments-absent' });
    case 'wrong-manifest':
      return of({ type: 'manifest-wrong', error: what.error });
    case 'has':
      return of({ ...what, type: 'source-has' });
    case 'chunk':
      return stored(what);
    case 'arriving':
      return of({ type: 'chunk-arriving', bytes: what.bytes });
    case 'wrong':
      return of({ type: 'chunk-wrong', index: what.index });
    case 'refused':
      return of({ type: 'chunk-refused', index: what.index, code: what.code });
    case 'unwritten':
      return unwritten(what);
    default:
      return unreachable(what);
  }
}

function stored({ index, bytes, ms }: Extract<Fetched, { type: 'chunk' }>): Observable<Out> {
  return of({ type: 'chunk-stored', index, bytes, ms });
}

function unwritten({ error }: Extract<Fetched, { type: 'unwritten' }>): Observable<Out> {
  return of({ type: 'write-failed', error: toRecord(error) });
}

/** What the other did is a fact for the schedule, what our disk did too; anything else is a defect and crashes. */
function lastWord(error: unknown): Out {
  if (error instanceof Error && 'syscall' in error) {
    return { type: 'write-failed', error: toRecord(error) };
  }
  if (error instanceof P2pError) return { type: 'source-failed', error: toRecord(error) };
  throw error;
}

type Kit = Pick<Init, 'id' | 'staging' | 'heardSegments'> & { readonly manifests: ManifestStore };

async function obey(
  order: In,
  { id, staging, manifests }: Kit,
  fetching: Fetching,
  staged: Staged,
): Promise<void> {
  switch (order.type) {
    case 'ask-manifest':
      fetching.askManifest(order.like);
      break;
    case 'ask-segments':
      fetching.askSegments(await promised(manifests, id));
      break;
    case 'ask-have': {
      const manifest = order.manifest
        ? withOwnHashes(order.manifest)
        : await promised(manifests, id);
      staged.writer = new StagedWriter(staging, manifest, order.looks);
      fetching.begin(manifest, staged.writer, order.holds);
      break;
    }
    case 'ask-chunks':
      fetching.askChunks(order.chunks, performance.now());
      break;
    case 'fetch-beside':
      staged.crawl.beside(order.sources);
      break;
    case 'tell-held':
      fetching.tellHeld(order.ranges);
      break;
    case 'cancel-chunks':
      fetching.cancelChunks(order.chunks);
      break;
    case 'weigh':
      fetching.weight = order.weight;
      break;
    default:
      unreachable(order);
  }
}

async function promised(manifests: ManifestStore, id: ContentId): Promise<Manifest> {
  const manifest = await manifests.read(id);
  if (manifest === undefined) throw new Error('no manifest where one was promised');
  return manifest;
}

export default inThread(request);
