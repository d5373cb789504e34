/**
 * File receiver: listens for whoever sends a file over datagrams, asks for each whether it is wanted, takes the first
 * that is into a folder, and ends. One at a time: others are told to come again.
 * It does not decide what is wanted. It may block on the disk and on each sender, for himself. When it dies, what was
 * arriving is lost, and nothing of it is seen.
 */
import {
  EMPTY,
  endWith,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  Observable,
  Subject,
  share,
  takeUntil,
  tap,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { Traffic } from '#src/domain/datagram/traffic.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import type { Place } from '#src/domain/peers/self.js';
import { DatagramStream } from '#src/io/datagram/datagram-stream.js';
import type { FilePace, FileProgress } from '#src/io/datagram/file-progress.js';
import { type FileOffer, FileTaker, type Taken } from '#src/io/datagram/file-taking.js';
import { type Heard, type Line, listenForSessions } from '#src/io/net/listener.js';
import type { Session } from '#src/io/net/session.js';

/** As much as a dialler takes: here it is the listener who is sent much. */
const WINDOW_BYTES = 8 * MiB;

export type Init = Place & {
  /** Where files go; it is there. */
  readonly folder: string;
  /** Drops so many of all packets that arrive here, on purpose. */
  readonly lossShare: number;
  readonly pingMs: number;
  readonly deadAfterMs: number;
};

export type In = {
  /** The answer to an offer. */
  readonly type: 'decide';
  readonly offer: number;
  readonly isWanted: boolean;
};

/** His id is proven; the name is what he calls himself. */
type Sender = { readonly peerId: PeerId; readonly name: string; readonly host: string };

export type Out =
  /** `peerId` is this end's own; `leftovers` are folders of parts that other receivers are at, or left when killed. */
  | {
      readonly type: 'listening';
      readonly host: string;
      readonly port: number;
      readonly peerId: PeerId;
      readonly leftovers: readonly string[];
    }
  /** Somebody who has proven who he is wants to send a file: it waits for `decide`. */
  | ({
      readonly type: 'offered';
      readonly offer: number;
      readonly file: string;
      readonly bytes: number;
    } & Sender)
  /** It was not wanted, and whoever sends it knows. */
  | { readonly type: 'refused'; readonly offer: number; readonly file: string }
  | ({ readonly type: 'progress'; readonly offer: number } & FileProgress)
  /** It lies there, whole and proven: the last word. The time is from when it was wanted. */
  | ({
      readonly type: 'received';
      readonly offer: number;
      readonly path: string;
      readonly traffic: Traffic | undefined;
    } & FilePace)
  /**
   * What was offered did not arrive, or cannot be taken: then nobody was asked about it. `cancelled` where the sender
   * was stopped.
   */
  | ({ readonly type: 'failed'; readonly offer: number } & Sender & ErrorRecord);

export const fileReceiver: Actor<Init, In, Out> = (init, inbox) => {
  const taker = new FileTaker(init.folder, init.port);
  const undecided = new Map<number, (isWanted: boolean) => void>();
  let lastOffer = 0;
  const done = new Subject<void>();
  const orders = inbox.pipe(share());
  const stopped = merge(done, orders.pipe(ignoreElements(), endWith(undefined)));
  const obeyed = orders.pipe(
    takeUntil(done),
    mergeMap(({ offer, isWanted }) => {
      undecided.get(offer)?.(isWanted);
      undecided.delete(offer);
      return EMPTY;
    }),
  );
  const take = (session: Session, line: Line) => {
    lastOffer += 1;
    return taking({ taker, undecided, session, line, offer: lastOffer });
  };
  const heard = listenForSessions(init, {
    roles: ['file'],
    transports: ['udp'],
    datagrams: { window: WINDOW_BYTES, lossShare: init.lossShare },
    pingMs: init.pingMs,
    deadAfterMs: init.deadAfterMs,
    refuses: () => false,
    onChunkBytes: (request, bytes, session) => taker.takeBytes(session, request, bytes),
  }).pipe(
    // Every connection breaks off with the port; what each leaves behind is removed before the end.
    takeUntil(stopped),
    mergeMap((event) => handle(event, init, taker, take)),
    tap(({ type }) => {
      if (type === 'received') done.next();
    }),
  );
  return merge(obeyed, heard);
};

function handle(
  event: Heard,
  { host, self: { peerId } }: Init,
  taker: FileTaker,
  take: (session: Session, line: Line) => Observable<Out>,
): Observable<Out> {
  if (event.type === 'listening') {
    const listening = { type: 'listening', host, port: event.port, peerId } as const;
    return from(taker.leftByOthers()).pipe(map((leftovers) => ({ ...listening, leftovers })));
  }
  // Who does not get in is no trouble of the user's: scanners and strangers are everyday.
  return event.type === 'session' ? take(event.session, event.line) : EMPTY;
}

type Caller = {
  readonly taker: FileTaker;
  readonly undecided: Map<number, (isWanted: boolean) => void>;
  readonly session: Session;
  readonly line: Line;
  readonly offer: number;
};

function taking(caller: Caller): Observable<Out> {
  return new Observable((subscriber) => {
    const { taker, undecided, session, offer } = caller;
    const { peerId, peer, remoteHost: host } = session;
    const sender: Sender = { peerId, name: peer.name, host };
    let file = '';
    const decide = ({ name, bytes }: FileOffer) =>
      new Promise<boolean>((resolve) => {
        file = name;
        undecided.set(offer, resolve);
        subscriber.next({ type: 'offered', offer, ...sender, file, bytes });
      });
    const progress = (told: FileProgress) => subscriber.next({ type: 'progress', offer, ...told });
    void taker
      .take(session, { decide, progress })
      .then((taken) => newsOf(taken, caller, file))
      .catch((error: unknown): Out => {
        const why = isStopped(error, caller.line) ? stoppedError() : error;
        return { type: 'failed', offer, ...sender, ...toRecord(why) };
      })
      .then((news) => {
        undecided.delete(offer);
        if (news !== undefined) subscriber.next(news);
        subscriber.complete();
      });
  });
}

/** He went before it was whole, with a goodbye or without waiting for one to arrive. */
function isStopped(error: unknown, line: Line): boolean {
  const { code } = toRecord(error);
  const isBrokenOff = line instanceof DatagramStream && line.wasBrokenOff;
  return code === 'closed' || (code === 'unreachable' && isBrokenOff);
}

function stoppedError(): P2pError {
  return new P2pError('cancelled', 'it stopped sending');
}

function newsOf(taken: Taken, { line, offer }: Caller, file: string): Out | undefined {
  if (taken.type === 'unwanted') return { type: 'refused', offer, file };
  if (taken.type !== 'kept') return undefined;
  const traffic = line instanceof DatagramStream ? { ...line.connection.traffic } : undefined;
  const { path, bytes, ms, bytesPerSecond } = taken;
  return { type: 'received', offer, path, bytes, ms, bytesPerSecond, traffic };
}

export default inThread(fileReceiver);
