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
  concatWith,
  defer,
  endWith,
  finalize,
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
  throwError,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { SourceEvent } from '#src/domain/download-events.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId, PeerId } from '#src/domain/ids.js';
import type { Credentials, Self } from '#src/domain/self.js';
import { unreachable } from '#src/domain/unreachable.js';
import { dialBulkChannel } from '#src/io/channel.js';
import { type Fetched, Fetching } from '#src/io/fetching.js';
import { openManifestStore } from '#src/io/manifest-store.js';
import { openSession, type Session } from '#src/io/session.js';
import { StagedWriter } from '#src/io/staged-writer.js';

export type Init = {
  readonly id: ContentId;
  readonly source: PeerId;
  readonly host: string;
  readonly port: number;
  readonly self: Self;
  readonly credentials: Credentials;
  readonly manifests: string;
  /** The staging folder of this download. */
  readonly staging: string;
  readonly pingMs: number;
  readonly deadAfterMs: number;
};

export type In =
  | { readonly type: 'ask-manifest' }
  /** The manifest is here: load it, and ask the source which chunks it has. */
  | { readonly type: 'ask-have' }
  | { readonly type: 'ask-chunks'; readonly chunks: readonly ChunkIndex[] }
  | { readonly type: 'cancel-chunks'; readonly chunks: readonly ChunkIndex[] };

export type Out = SourceEvent;

/** How often deadlines are looked at; counted in ticks, a suspended process blames nobody. */
const TICK_MS = 1000;

/** The end of the session is told in its turn: after the chunks that came before it. */
type Step = Fetched | { readonly type: 'ended'; readonly error: unknown };

type Connection = {
  readonly session: Session;
  readonly fetching: Fetching;
  readonly fetched: Subject<Step>;
  readonly rttMs: number;
};

export const request: Actor<Init, In, Out> = (init, inbox) => {
  const orders = inbox.pipe(share());
  const stopped = orders.pipe(ignoreElements(), endWith(undefined));
  const staged: Staged = { writer: undefined };
  const connection = defer(() => connect(init)).pipe(
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const obeyed = orders.pipe(
    concatMap((order) =>
      connection.pipe(
        take(1),
        mergeMap(({ fetching }) => obey(order, init, fetching, staged)),
      ),
    ),
    ignoreElements(),
  );
  const said = merge(connection.pipe(mergeMap(follow(init))), obeyed).pipe(
    catchError((error: unknown) => of(lastWord(error))),
    takeWhile((out) => out.type !== 'source-failed' && out.type !== 'write-failed', true),
    takeUntil(stopped),
  );
  // It has ended once the last chunk is written: nothing may be staged after what follows its end.
  return concat(said, defer(async () => staged.writer?.close()).pipe(ignoreElements()));
};

type Staged = { writer: StagedWriter | undefined };

async function connect(init: Init): Promise<Connection> {
  const { host, port, credentials, source, self } = init;
  const fetched = new Subject<Step>();
  const fetching = new Fetching(init.id, (what) => fetched.next(what));
  const channel = await dialBulkChannel({ host, port, credentials, expect: source });
  const dialledAt = performance.now();
  const session = await openSession(channel, 'transfer', {
    self,
    pingMs: init.pingMs,
    deadAfterMs: init.deadAfterMs,
    onChunkBytes: (request, bytes) => fetching.takeBytes(request, bytes, performance.now()),
  });
  fetching.attach(session);
  return { session, fetching, fetched, rttMs: performance.now() - dialledAt };
}

function follow(init: Init): (connection: Connection) => Observable<Out> {
  return ({ session, fetching, fetched, rttMs }) => {
    const received = session.received.pipe(
      tap((message) => fetching.take(message)),
      concatWith(throwError(() => new P2pError('closed', 'it stopped'))),
    );
    const deadlines = interval(TICK_MS).pipe(tap(() => fetching.tick(TICK_MS)));
    const talk = merge(received, deadlines).pipe(
      catchError(async (error: unknown) => {
        await fetching.written;
        fetched.next({ type: 'ended', error });
      }),
      ignoreElements(),
    );
    const facts = fetched.pipe(concatMap((what) => told(what, init)));
    return merge(facts, talk).pipe(
      startWith<Out>({ type: 'connected', rttMs }),
      finalize(() => session.close()),
    );
  };
}

/** What a step of the fetching means to the schedule; a manifest is told once it is stored. */
async function told(what: Step, init: Init): Promise<Out> {
  switch (what.type) {
    case 'manifest':
      await openManifestStore(init.manifests).write(what.manifest);
      return { type: 'manifest-stored' };
    case 'wrong-manifest':
      return { type: 'manifest-wrong', error: what.error };
    case 'has':
      return { type: 'source-has', ranges: what.ranges };
    case 'chunk':
      return { type: 'chunk-stored', index: what.index, bytes: what.bytes, ms: what.ms };
    case 'wrong':
      return { type: 'chunk-wrong', index: what.index };
    case 'refused':
      return { type: 'chunk-refused', index: what.index, code: what.code };
    case 'unwritten':
      return { type: 'write-failed', error: toRecord(what.error) };
    case 'ended':
      return lastWord(what.error);
    default:
      return unreachable(what);
  }
}

/** What the other did is a fact for the schedule, what our disk did too; anything else is a defect and crashes. */
function lastWord(error: unknown): Out {
  if (error instanceof Error && 'syscall' in error) {
    return { type: 'write-failed', error: toRecord(error) };
  }
  if (error instanceof P2pError) return { type: 'source-failed', error: toRecord(error) };
  throw error;
}

async function obey(order: In, init: Init, fetching: Fetching, staged: Staged): Promise<void> {
  switch (order.type) {
    case 'ask-manifest':
      fetching.askManifest();
      break;
    case 'ask-have': {
      const manifest = await openManifestStore(init.manifests).read(init.id);
      if (manifest === undefined) throw new Error('no manifest where one was promised');
      staged.writer = new StagedWriter(init.staging, manifest);
      fetching.begin(manifest, staged.writer);
      break;
    }
    case 'ask-chunks':
      fetching.askChunks(order.chunks, performance.now());
      break;
    case 'cancel-chunks':
      fetching.cancelChunks(order.chunks);
      break;
    default:
      unreachable(order);
  }
}

export default inThread(request);
