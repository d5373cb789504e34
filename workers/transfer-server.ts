/**
 * The transfer server: gives catalogued contents to whoever is allowed to connect to port N+1, over TCP or UDP: manifests,
 * have-maps and chunks.
 *
 * It does not decide what is shared (it is told), does not hash what it sends (whoever takes it does), and keeps
 * nothing. It may block on the disk and on slow peers, each session for itself. A restart costs its sessions;
 * peers dial again, and what it serves is told to it anew.
 */
import {
  concatMap,
  EMPTY,
  endWith,
  finalize,
  ignoreElements,
  interval,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  share,
  takeUntil,
  tap,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { Served } from '#src/domain/catalogue/contents.js';
import type { Ranges } from '#src/domain/content/chunk-set.js';
import type { HashRun } from '#src/domain/content/hash-run.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { newStrays, type Strays, strayCount } from '#src/domain/datagram/strays.js';
import type { Transport } from '#src/domain/download/transport-choice.js';
import { type ErrorRecord, P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Place } from '#src/domain/peers/self.js';
import { Preferences, type Preferred } from '#src/domain/send/preferred.js';
import { unreachable } from '#src/domain/unreachable.js';
import { SignedRuns } from '#src/io/content/hash-runs.js';
import { Allowance } from '#src/io/net/allowance.js';
import { type Heard, listenForSessions } from '#src/io/net/listener.js';
import type { Session } from '#src/io/net/session.js';
import { SegmentShelf } from '#src/io/serve/segment-shelf.js';
import { ServedBytes, type ServedTo } from '#src/io/serve/served-bytes.js';
import { type Served as Gone, type Shelves, serve, servingMemory } from '#src/io/serve/serving.js';
import { Shelf } from '#src/io/serve/shelf.js';
import { Showing } from '#src/io/serve/showing.js';
import { type AnnouncerKey, announcerKey } from '#src/wire/announcement.js';

export type Init = Place & {
  /** Where manifests lie as files by id. */
  readonly manifests: string;
  readonly pingMs: number;
  readonly deadAfterMs: number;
  readonly refused: readonly PeerId[];
  readonly transports: readonly Transport[];
  /** Of the limits that all threads share. */
  readonly rates?: SharedArrayBuffer;
  /** Where lists of segments lie as files by id; null where none are given. */
  readonly segments: string | null;
  /** What is served from the start of this life on. */
  readonly contents: readonly Served[];
  /** What of it comes first. */
  readonly preferred: readonly Preferred[];
};

export type In =
  /** Serve this content from here; a later one for the same id takes its place. `manifest` is in shared memory. */
  | ({ readonly type: 'serve'; readonly manifest?: Manifest } & Served)
  /** Serve this draft from here; its chunks are there as they are hashed. */
  | ({ readonly type: 'serve-draft'; readonly manifest?: Manifest } & Served)
  | ({ readonly type: 'chunks-hashed'; readonly id: ContentId } & HashRun)
  | { readonly type: 'withdraw'; readonly id: ContentId }
  /** Nobody gets any of it for now, or again; what becomes of it meanwhile is followed. */
  | { readonly type: 'hold-back'; readonly id: ContentId; readonly isHeldBack: boolean }
  /** More chunks of a partial or kept content are here now. */
  | { readonly type: 'chunks-added'; readonly id: ContentId; readonly ranges: Ranges }
  /** How a content is cut is in its file now, or it never will be. */
  | { readonly type: 'segments-settled'; readonly id: ContentId }
  /** All that comes before or behind the rest from now on, in place of what did. */
  | { readonly type: 'prefer'; readonly preferred: readonly Preferred[] }
  /** All that are refused from now on, in place of those before. */
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] };

export type { ServedTo };

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /** The bytes are not what was hashed: somebody changed them. Nothing wrong has left. */
  | { readonly type: 'content-stale'; readonly id: ContentId }
  /** Somebody wants to know how this content, whole here, is cut by its bytes: `segments-settled` is awaited. */
  | { readonly type: 'segments-wanted'; readonly id: ContentId }
  /** Bytes that left since it was last said, at most once a second, and for whom. */
  | { readonly type: 'bytes-served'; readonly bytes: number; readonly to: readonly ServedTo[] }
  /** Datagrams that came to nothing since it was last said, at most once a second. */
  | { readonly type: 'strayed'; readonly strays: Strays }
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

/** On a slow link a ping waits behind what the kernel has taken from us already: megabytes, perhaps minutes. */
const SLOW_LINK = 4;

/** How soon those who wait are shown more: as often as they say what they hold. */
const SHOWING_MS = 250;

/** Statistics are for people: a second is soon enough. */
const STATISTICS_MS = 1000;

export const transferServer: Actor<Init, In, Out> = (init, inbox) => {
  const shelf = new Shelf(init.manifests);
  const wanted = new Subject<ContentId>();
  const segments = new SegmentShelf(init.segments, (id) => wanted.next(id));
  const preferences = new Preferences();
  preferences.set(init.preferred);
  const shelves = { shelf, segments, preferences };
  const showing = new Showing();
  const refused = new Set<PeerId>(init.refused);
  const sessions = new Set<Session>();
  const served = new ServedBytes();
  const answer = answering(init, shelves, showing, sessions);
  const key = announcerKey(init.credentials.keyPem);
  const strays = newStrays();
  for (const { id, source, only } of init.contents) shelf.put(id, source, only);

  const orders = inbox.pipe(share());
  const stopped = orders.pipe(ignoreElements(), endWith(undefined));
  const obeyed = orders.pipe(
    concatMap((order) => obey(order, { ...shelves, refused, sessions, key })),
    ignoreElements(),
  );
  const heard = listenForSessions(init, {
    roles: ['transfer'],
    pingMs: init.pingMs,
    deadAfterMs: init.deadAfterMs * SLOW_LINK,
    refuses: (peer) => refused.has(peer),
    transports: init.transports,
    datagrams: { strays },
  }).pipe(mergeMap((event) => handle(event, answer, served)));
  const statistics = interval(STATISTICS_MS).pipe(mergeMap(() => statisticsOf(served, strays)));
  const cuts = wanted.pipe(map((id): Out => ({ type: 'segments-wanted', id })));
  const shown = interval(SHOWING_MS).pipe(
    tap(() => showing.tick()),
    ignoreElements(),
  );
  return merge(obeyed, merge(cuts, heard, statistics, shown).pipe(takeUntil(stopped))).pipe(
    finalize(() => void shelf.close()),
  );
};

function answering(
  { rates }: Init,
  shelves: Shelves,
  showing: Showing,
  sessions: Set<Session>,
): (session: Session) => Observable<Gone> {
  const memory = servingMemory();
  const allowance = new Allowance(rates, { direction: 'up' });
  return (session) => {
    sessions.add(session);
    return serve(session, shelves, memory, showing, allowance.drawer(session.peerId)).pipe(
      finalize(() => sessions.delete(session)),
    );
  };
}

type Desk = Shelves & {
  readonly preferences: Preferences;
  readonly refused: Set<PeerId>;
  readonly sessions: ReadonlySet<Session>;
  readonly key: AnnouncerKey;
};

async function obey(order: In, desk: Desk): Promise<void> {
  const { shelf, segments, preferences, refused, sessions, key } = desk;
  switch (order.type) {
    case 'serve':
      if (order.manifest !== undefined) shelf.keep(order.manifest);
      shelf.put(order.id, order.source, order.only);
      break;
    case 'serve-draft':
      if (order.manifest !== undefined) shelf.keep(order.manifest);
      shelf.put(order.id, order.source, order.only, new SignedRuns(order.id, key));
      break;
    case 'chunks-hashed':
      await shelf.hashed(order.id, order);
      break;
    case 'withdraw':
      shelf.remove(order.id);
      break;
    case 'hold-back':
      shelf.holdBack(order.id, order.isHeldBack);
      break;
    case 'chunks-added':
      shelf.gain(order.id, order.ranges);
      break;
    case 'segments-settled':
      segments.settled(order.id);
      break;
    case 'prefer':
      preferences.set(order.preferred);
      break;
    case 'refuse':
      refused.clear();
      for (const peer of order.peers) refused.add(peer);
      endRefused(sessions, refused);
      break;
    default:
      unreachable(order);
  }
}

/** Who is refused takes nothing more, not even what it was let in for before. */
function endRefused(sessions: ReadonlySet<Session>, refused: ReadonlySet<PeerId>): void {
  for (const session of sessions) {
    if (refused.has(session.peerId)) session.destroy(new P2pError('refused', 'it is refused now'));
  }
}

function handle(
  event: Heard,
  answer: (session: Session) => Observable<Gone>,
  served: ServedBytes,
): Observable<Out> {
  if (event.type === 'listening') return of({ type: 'listening', port: event.port });
  // Who does not get in is no trouble of the user's: scanners and strangers are everyday.
  if (event.type === 'turned-away') return EMPTY;
  return answer(event.session).pipe(
    mergeMap((said): Observable<Out> => {
      if (said.type === 'stale') return of({ type: 'content-stale', id: said.id });
      served.add(said);
      return EMPTY;
    }),
  );
}

function statisticsOf(served: ServedBytes, strays: Strays): Out[] {
  const said: Out[] = [];
  const to = served.take();
  const all = to.reduce((sum, { bytes }) => sum + bytes, 0);
  if (all > 0) said.push({ type: 'bytes-served', bytes: all, to });
  if (strayCount(strays) > 0) said.push({ type: 'strayed', strays: { ...strays } });
  Object.assign(strays, newStrays());
  return said;
}

export default inThread(transferServer);
