/**
 * File receiver: listens for whoever sends a file over datagrams, asks for each whether it is wanted, takes it into a
 * folder, and goes on listening until it is stopped.
 * It does not decide what is wanted. It may block on the disk and on each sender, for himself. When it dies, what was
 * arriving is lost, and nothing of it is seen.
 */
import {
  EMPTY,
  endWith,
  ignoreElements,
  merge,
  mergeMap,
  Observable,
  of,
  share,
  takeUntil,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { Traffic } from '#src/domain/datagram/traffic.js';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';
import type { Place } from '#src/domain/self.js';
import { DatagramStream } from '#src/io/datagram-stream.js';
import { FileTaker } from '#src/io/file-taking.js';
import { type Heard, type Line, listenForSessions } from '#src/io/listener.js';
import type { Session } from '#src/io/session.js';

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

export type Out =
  | { readonly type: 'listening'; readonly port: number }
  /** Somebody who has proven who he is wants to send a file: it waits for `decide`. */
  | {
      readonly type: 'offered';
      readonly offer: number;
      readonly peerId: PeerId;
      readonly name: string;
      readonly host: string;
      readonly file: string;
      readonly bytes: number;
    }
  | {
      readonly type: 'progress';
      readonly offer: number;
      readonly doneBytes: number;
      readonly bytes: number;
    }
  /** It lies there, whole and proven. */
  | {
      readonly type: 'received';
      readonly offer: number;
      readonly path: string;
      readonly bytes: number;
      readonly traffic: Traffic | undefined;
    }
  | { readonly type: 'failed'; readonly offer: number; readonly error: ErrorRecord };

export const fileReceiver: Actor<Init, In, Out> = (init, inbox) => {
  const taker = new FileTaker();
  const undecided = new Map<number, (isWanted: boolean) => void>();
  let lastOffer = 0;
  const orders = inbox.pipe(share());
  const stopped = orders.pipe(ignoreElements(), endWith(undefined));
  const obeyed = orders.pipe(
    mergeMap(({ offer, isWanted }) => {
      undecided.get(offer)?.(isWanted);
      undecided.delete(offer);
      return EMPTY;
    }),
  );
  const take = (session: Session, line: Line) => {
    lastOffer += 1;
    return taking({ init, taker, undecided, session, line, offer: lastOffer });
  };
  const heard = listenForSessions(init, {
    roles: ['file'],
    transports: ['udp'],
    datagrams: { window: WINDOW_BYTES, lossShare: init.lossShare },
    pingMs: init.pingMs,
    deadAfterMs: init.deadAfterMs,
    refuses: () => false,
    onChunkBytes: (_, bytes, session) => taker.takeBytes(session, bytes),
  }).pipe(mergeMap((event) => handle(event, take)));
  return merge(obeyed, heard.pipe(takeUntil(stopped)));
};

function handle(
  event: Heard,
  take: (session: Session, line: Line) => Observable<Out>,
): Observable<Out> {
  if (event.type === 'listening') return of({ type: 'listening', port: event.port });
  // Who does not get in is no trouble of the user's: scanners and strangers are everyday.
  return event.type === 'session' ? take(event.session, event.line) : EMPTY;
}

type Caller = {
  readonly init: Init;
  readonly taker: FileTaker;
  readonly undecided: Map<number, (isWanted: boolean) => void>;
  readonly session: Session;
  readonly line: Line;
  readonly offer: number;
};

function taking({ init, taker, undecided, session, line, offer }: Caller): Observable<Out> {
  return new Observable((subscriber) => {
    const { peerId, peer, remoteHost } = session;
    const decide = (offered: { readonly name: string; readonly bytes: number }) =>
      new Promise<boolean>((resolve) => {
        undecided.set(offer, resolve);
        const { name: file, bytes } = offered;
        const who = { peerId, name: peer.name, host: remoteHost };
        subscriber.next({ type: 'offered', offer, ...who, file, bytes });
      });
    const onProgress = (doneBytes: number, bytes: number) =>
      subscriber.next({ type: 'progress', offer, doneBytes, bytes });
    taker.take(session, { folder: init.folder, decide, onProgress }).then(
      (taken) => {
        const traffic = line instanceof DatagramStream ? { ...line.connection.traffic } : undefined;
        if (taken !== undefined) {
          const { path, bytes } = taken;
          subscriber.next({ type: 'received', offer, path, bytes, traffic });
        }
        subscriber.complete();
      },
      (error: unknown) => {
        subscriber.next({ type: 'failed', offer, error: toRecord(error) });
        subscriber.complete();
      },
    );
  });
}

export default inThread(fileReceiver);
