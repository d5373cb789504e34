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
  filter,
  finalize,
  from,
  ignoreElements,
  interval,
  map,
  merge,
  mergeMap,
  type Observable,
  type ObservableInput,
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
import type { Ranges } from '#src/domain/content/chunk-set.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { Crawl } from '#src/domain/download/crawl.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { ChunkIndex } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Fingerprints } from '#src/io/content/fingerprints.js';
import { openManifestStore } from '#src/io/content/manifest-store.js';
import { withOwnHashes } from '#src/io/content/shared-manifest.js';
import type { Fetched, Fetching } from '#src/io/fetch/fetching.js';
import type { Weighed } from '#src/io/fetch/said-priority.js';
import {
  connecting,
  type SourceConnection,
  type SourcePlace,
} from '#src/io/fetch/source-connection.js';
import {
  diskFactOf,
  type Fact,
  factOf,
  isOfDisk,
  type Stores,
} from '#src/io/fetch/source-facts.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';

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
  | ({ readonly type: 'weigh' } & Weighed);

export type Out = Fact;

/** How often deadlines are looked at; counted in ticks, a suspended process blames nobody. */
const TICK_MS = 1000;

export const request: Actor<Init, In, Out> = (init, inbox) => {
  const orders = inbox.pipe(share());
  const stopped = orders.pipe(ignoreElements(), endWith(undefined));
  const work: Work = { ...init, manifests: openManifestStore(init.manifests), crawl: new Crawl() };
  const fetched = new Subject<Fetched>();
  const connection = connecting(init, (what) => fetched.next(what)).pipe(
    tap(({ fetching }) => {
      work.fetching = fetching;
    }),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const said = merge(
    fetched.pipe(concatMap((what) => told(what, work))),
    connection.pipe(mergeMap((open) => follow(open, init, work.crawl))),
    orders.pipe(concatMap((order) => whenConnected(order, connection, work))),
  ).pipe(
    catchError((error: unknown) => of(lastWord(error))),
    takeWhile((out) => out.type !== 'source-failed' && out.type !== 'write-failed', true),
    takeUntil(stopped),
  );
  return concat(said, lastWritten(fetched, work)).pipe(finalize(() => void work.writer?.close()));
};

type Work = Pick<Init, 'id' | 'staging'> &
  Stores & {
    readonly crawl: Crawl;
    /** Once it is connected. */
    fetching?: Fetching;
    /** Once chunks may come. */
    writer?: StagedWriter;
  };

/** Most are told in the turn they happen in: there is one for each message of the source. */
function told(what: Fetched, stores: Stores): ObservableInput<Out> {
  const fact = factOf(what, stores);
  return fact instanceof Promise ? fact : of(fact);
}

/**
 * It has ended once the last chunk is written and told: nothing may be staged after what follows its end. What could
 * not be written is told as well: others may count what it spoilt.
 */
function lastWritten(fetched: Observable<Fetched>, work: Work): Observable<Out> {
  return defer(() => {
    const closed = from(work.writer?.close() ?? Promise.resolve()).pipe(share());
    const ofDisk = fetched.pipe(filter(isOfDisk), map(diskFactOf));
    return merge(ofDisk, closed.pipe(ignoreElements())).pipe(takeUntil(closed));
  });
}

function follow(
  { session, fetching, rttMs }: SourceConnection,
  { mayMove }: Init,
  crawl: Crawl,
): Observable<Out> {
  const received = session.received.pipe(
    tap((received) => {
      if (received.message.type === 'held-back') crawl.heldBack();
      else fetching.take(received);
    }),
    ignoreElements(),
    endWith<Out>({ type: 'source-failed', error: { code: 'closed', message: 'it stopped' } }),
  );
  const deadlines = interval(TICK_MS).pipe(
    tap(() => {
      fetching.tick(TICK_MS, crawl.isHeldBack);
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

/** What the other did is a fact for the schedule, what our disk did too; anything else is a defect and crashes. */
function lastWord(error: unknown): Out {
  if (error instanceof Error && 'syscall' in error) {
    return { type: 'write-failed', error: toRecord(error) };
  }
  if (error instanceof P2pError) return { type: 'source-failed', error: toRecord(error) };
  throw error;
}

function whenConnected(
  order: In,
  connection: Observable<SourceConnection>,
  work: Work,
): Observable<never> {
  if (work.fetching !== undefined) return obey(order, work.fetching, work);
  return connection.pipe(
    take(1),
    mergeMap(({ fetching }) => obey(order, fetching, work)),
  );
}

/** @returns what completes once it is done: at once, but where the manifest has to be read. */
function obey(order: In, fetching: Fetching, work: Work): Observable<never> {
  switch (order.type) {
    case 'ask-manifest':
      fetching.askManifest(order.like);
      return EMPTY;
    case 'ask-segments':
      return onceRead(promised(work), (manifest) => fetching.askSegments(manifest));
    case 'ask-have':
      return onceRead(
        order.manifest ? withOwnHashes(order.manifest) : promised(work),
        (manifest) => {
          work.writer = new StagedWriter(work.staging, manifest, order.looks);
          fetching.begin(manifest, work.writer, order.holds);
        },
      );
    case 'ask-chunks':
      fetching.askChunks(order.chunks, performance.now());
      return EMPTY;
    case 'fetch-beside':
      work.crawl.beside(order.sources);
      return EMPTY;
    case 'tell-held':
      fetching.tellHeld(order.ranges);
      return EMPTY;
    case 'cancel-chunks':
      fetching.cancelChunks(order.chunks);
      return EMPTY;
    case 'weigh':
      fetching.weigh(order);
      return EMPTY;
    default:
      return unreachable(order);
  }
}

function onceRead(
  manifest: Manifest | Promise<Manifest>,
  act: (manifest: Manifest) => void,
): Observable<never> {
  return from(Promise.resolve(manifest).then(act)).pipe(ignoreElements());
}

async function promised({ manifests, id }: Work): Promise<Manifest> {
  const manifest = await manifests.read(id);
  if (manifest === undefined) throw new Error('no manifest where one was promised');
  return manifest;
}

export default inThread(request);
