/**
 * File sender: sends one file over datagrams to whoever takes files at an address, and ends.
 * It does not find anybody and remembers nothing. It may block on the disk and on the one it sends to, who may take
 * his time to decide. When it dies, what was sent is lost: the other end keeps nothing that is not whole.
 */
import { endWith, ignoreElements, Observable, takeUntil } from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import type { Traffic } from '#src/domain/datagram/traffic.js';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Credentials, Self } from '#src/domain/self.js';
import { clientChannel } from '#src/io/channel.js';
import { dialDatagrams } from '#src/io/datagram-dial.js';
import type { DatagramStream } from '#src/io/datagram-stream.js';
import { sendFile } from '#src/io/file-sending.js';
import { openSession } from '#src/io/session.js';

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
  | { readonly type: 'connected'; readonly peerId: PeerId; readonly name: string }
  | { readonly type: 'progress'; readonly doneBytes: number; readonly bytes: number }
  /** It lies at the other end, whole and proven. */
  | { readonly type: 'sent'; readonly bytes: number; readonly traffic: Traffic }
  | { readonly type: 'failed'; readonly error: ErrorRecord };

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
        subscriber.next({ type: 'failed', error: toRecord(error) });
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
  const { host, port, credentials, self, path, pingMs, deadAfterMs } = init;
  const line = await dialDatagrams(host, port, { lossShare: init.lossShare });
  opened(line);
  const channel = await clientChannel(line, { host, port, credentials });
  const session = await openSession(channel, 'file', { self, pingMs, deadAfterMs });
  say({ type: 'connected', peerId: session.peerId, name: session.peer.name });
  const bytes = await sendFile(session, path, (doneBytes, all) =>
    say({ type: 'progress', doneBytes, bytes: all }),
  );
  say({ type: 'sent', bytes, traffic: { ...line.connection.traffic } });
  session.close();
  await session.closed;
}

export default inThread(fileSender);
