/**
 * Distributor: gives the chunks held here to random other peers, round by round, until each chunk has enough
 * copies elsewhere. It does not decide what is held or who is up, and never fetches.
 * It may block on nothing but the disk and other peers' answers, each with a deadline.
 * When it restarts, the chunk in flight is lost and given again; what others hold is learned anew.
 */
import {
  catchError,
  concat,
  concatMap,
  defer,
  delay,
  EMPTY,
  exhaustMap,
  finalize,
  from,
  ignoreElements,
  interval,
  merge,
  mergeMap,
  type Observable,
  of,
  Subject,
  take,
  takeUntil,
  tap,
  timer,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { Ranges } from '#src/domain/content/chunk-set.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Place } from '#src/domain/peers/self.js';
import { unreachable } from '#src/domain/unreachable.js';
import { listenForSessions } from '#src/io/net/listener.js';
import {
  type Held,
  type RoundDone,
  Spreader,
  type SpreaderEvent,
} from '#src/io/spread/spreader.js';

export type Init = Place & {
  readonly manifests: string;
  readonly intervalMs: number;
  /** How many peers besides one holder are to hold each chunk. */
  readonly copies: number;
  /** Of the limits that all threads share. */
  readonly rates?: SharedArrayBuffer;
  /** Bytes given in one round at most. */
  readonly roundBytes: number;
  /** What is true as this life begins, as if it had just been said. */
  readonly orders: readonly In[];
  readonly refused: readonly PeerId[];
  readonly pingMs: number;
  readonly deadAfterMs: number;
};

/** `have` of all a content's chunks; 0 when it let go. */
export type HeldRow = { readonly id: ContentId; readonly have: number };

export type In =
  | ({ readonly type: 'hold' } & Held)
  | { readonly type: 'let-go'; readonly id: ContentId }
  | { readonly type: 'chunks-added'; readonly id: ContentId; readonly ranges: Ranges }
  /** A peer that can be given chunks; `port` is its receiver's (N+3). */
  | {
      readonly type: 'peer-up';
      readonly peerId: PeerId;
      readonly host: string;
      readonly port: number;
    }
  | { readonly type: 'peer-down'; readonly peerId: PeerId }
  /** What a peer's catalogue says it holds, as far as it changed; a peer that goes down lets go of all. */
  | {
      readonly type: 'peer-holds';
      readonly peerId: PeerId;
      readonly rows: readonly HeldRow[];
    }
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] };

export type Out = { readonly type: 'listening'; readonly port: number } | SpreaderEvent | RoundDone;

/** How long the chunk in hand may take to be finished once the actor is asked to stop. */
const FINISH_MS = 1000;

/** A goodbye needs a moment to leave before the port and all its connections are closed. */
const GOODBYE_MS = 50;

export const distributor: Actor<Init, In, Out> = (init, inbox) =>
  defer(() => {
    const stopping = new Subject<void>();
    const spreader = new Spreader(init);
    const rounds = interval(init.intervalMs).pipe(
      takeUntil(stopping),
      exhaustMap(() => spreader.round()),
    );
    const given = new Subject<void>();
    const finishedRounds = rounds.pipe(finalize(() => given.next()));
    const ended = stopping.pipe(
      tap(() => spreader.end()),
      mergeMap(() => merge(timer(FINISH_MS), given)),
      take(1),
      delay(GOODBYE_MS),
    );
    const heard = concat(from(init.orders), inbox).pipe(
      concatMap((message) => hear(message, spreader)),
      tap({ complete: () => stopping.next() }),
    );
    return merge(
      merge(spreader.said, status(init, spreader), finishedRounds).pipe(takeUntil(ended)),
      heard,
    ).pipe(finalize(() => spreader.drop()));
  });

function hear(message: In, spreader: Spreader): Observable<never> {
  if (message.type === 'hold') {
    return from(spreader.hold(message)).pipe(ignoreElements());
  }
  note(message, spreader);
  return EMPTY;
}

function note(message: Exclude<In, { type: 'hold' }>, spreader: Spreader): void {
  const { holdings } = spreader.distribution;
  switch (message.type) {
    case 'let-go':
      spreader.letGo(message.id);
      break;
    case 'chunks-added':
      holdings.addOwn(message.id, message.ranges);
      break;
    case 'peer-up':
      spreader.peerUp(message.peerId, { host: message.host, port: message.port });
      break;
    case 'peer-down':
      spreader.peerDown(message.peerId);
      break;
    case 'peer-holds':
      for (const { id, have } of message.rows) holdings.peerHolds(message.peerId, id, have);
      break;
    case 'refuse':
      spreader.refuse(message.peers);
      break;
    default:
      unreachable(message);
  }
}

/** Port N+2: sessions that are only kept alive. What is given is acknowledged where it is given. */
function status(init: Init, spreader: Spreader): Observable<Out> {
  const { pingMs, deadAfterMs } = init;
  return listenForSessions(init, {
    pingMs,
    deadAfterMs,
    roles: ['status'],
    refuses: (peer) => spreader.refuses(peer),
  }).pipe(
    mergeMap((heard): Observable<Out> => {
      if (heard.type === 'listening') return of(heard);
      if (heard.type === 'turned-away') return EMPTY;
      return heard.session.received.pipe(
        ignoreElements(),
        catchError(() => EMPTY),
      );
    }),
  );
}

export default inThread(distributor);
