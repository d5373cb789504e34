/**
 * File sender: sends one file over datagrams to whoever takes files at an address, and ends.
 * It does not find anybody and remembers nothing. It may block on the disk and on the one it sends to, who may take
 * his time to decide. When it dies, what was sent is lost: the other end keeps nothing that is not whole.
 */
import { basename } from 'node:path';
import { endWith, ignoreElements, Observable, takeUntil } from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { Traffic } from '#src/domain/datagram/traffic.js';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import { dialDatagrams } from '#src/io/datagram/datagram-dial.js';
import type { DatagramStream } from '#src/io/datagram/datagram-stream.js';
import type { FilePace, FileProgress } from '#src/io/datagram/file-progress.js';
import { sendFile } from '#src/io/datagram/file-sending.js';
import { clientChannel } from '#src/io/net/channel.js';
import { openSession, type Session } from '#src/io/net/session.js';

export type Init = {
  readonly path: string;
  readonly host: string;
  readonly port: number;
  /** Drops so many of all packets that arrive here, on purpose. */
  readonly lossShare: number;
  readonly self: Self;
  readonly credentials: Credentials;
  readonly pingMs: number;
  readonly deadAfterMs: number;
};

/** It is told nothing but to stop. */
export type In = never;

export type Out =
  /** The other end has proven who it is, and is being asked. */
  | {
      readonly type: 'offered';
      readonly peerId: PeerId;
      readonly name: string;
      readonly host: string;
      readonly file: string;
      readonly bytes: number;
    }
  /** It is wanted there. */
  | { readonly type: 'accepted' }
  /** `doneBytes` have arrived there. */
  | ({ readonly type: 'progress' } & FileProgress)
  /** It lies at the other end, whole and proven. The time is from when it was wanted. */
  | ({ readonly type: 'sent'; readonly file: string; readonly traffic: Traffic } & FilePace)
  | ({ readonly type: 'failed'; readonly file: string } & ErrorRecord);

export const fileSender: Actor<Init, In, Out> = (init, inbox) => {
  const stopped = inbox.pipe(ignoreElements(), endWith(undefined));
  return sending(init).pipe(takeUntil(stopped));
};

/** Whoever unsubscribes breaks it off. */
function sending(init: Init): Observable<Out> {
  return new Observable((subscriber) => {
    let line: DatagramStream | undefined;
    const opened = (stream: DatagramStream) => {
      line = stream;
      if (subscriber.closed) stream.destroy();
    };
    send(init, opened, (out) => subscriber.next(out)).then(
      () => subscriber.complete(),
      (error: unknown) => {
        subscriber.next({ type: 'failed', file: basename(init.path), ...toRecord(error) });
        subscriber.complete();
      },
    );
    return () => line?.destroy();
  });
}

async function send(
  init: Init,
  opened: (line: DatagramStream) => void,
  say: (out: Out) => void,
): Promise<void> {
  const { path, host, port, lossShare } = init;
  const file = basename(path);
  const line = await dialDatagrams(host, port, { lossShare });
  opened(line);
  const session = await introduced(line, init);
  const { peerId, peer } = session;
  try {
    const sent = await sendFile(session, path, {
      offered: (bytes) => say({ type: 'offered', peerId, name: peer.name, host, file, bytes }),
      accepted: () => say({ type: 'accepted' }),
      progress: (told) => say({ type: 'progress', ...told }),
      unacknowledged: () => line.connection.unacknowledged,
    });
    say({ type: 'sent', file, ...sent, traffic: { ...line.connection.traffic } });
  } catch (cause) {
    if (toRecord(cause).code !== 'unreachable' || !line.wasBrokenOff) throw cause;
    throw new P2pError('cancelled', 'the other end stopped taking it', { cause });
  } finally {
    // Its goodbye leaves first.
    await session.closed;
  }
}

/** @throws P2pError `self`, `refused`; those of a channel and a session */
async function introduced(line: DatagramStream, init: Init): Promise<Session> {
  const { host, port, credentials, self, pingMs, deadAfterMs } = init;
  const channel = await clientChannel(line, { host, port, credentials });
  if (channel.peerId === self.peerId) {
    channel.socket.destroy();
    throw new P2pError('self', 'both ends have one identity: give one of them another --data');
  }
  try {
    return await openSession(channel, 'file', { self, pingMs, deadAfterMs });
  } catch (cause) {
    if (toRecord(cause).code !== 'refused') throw cause;
    const where = hostPortText({ host, port });
    throw new P2pError('refused', `${where} takes no files: udp-receive has to wait there`, {
      cause,
    });
  }
}

export default inThread(fileSender);
