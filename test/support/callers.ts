/** Those who call and mean no good: connections that get to some stage and no further. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { HOST } from './places.js';

/** Where the random of a client hello begins: after the record's and the message's headers and the version. */
const RANDOM_AT = 11;

const SLOW_MS = 1000;

/** Calls a port `count` times, so many at once. */
export async function callAll(
  count: number,
  atOnce: number,
  call: (nth: number) => Promise<void>,
): Promise<void> {
  let begun = 0;
  const line = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await call(begun);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, line));
}

/** Resolves once the connection stands, or was hung up on. */
export async function callPort(port: number): Promise<Socket> {
  const socket = connect({ host: HOST, port, noDelay: true });
  const closed = once(socket, 'close');
  // Being hung up on is what a caller of this kind expects.
  socket.on('error', () => undefined).resume();
  await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed]);
  return socket;
}

export async function hungUp(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}

/** Says one byte a second. @param said called with how many of them it has said, each time. */
export function saySlowly(socket: Socket, words: Buffer, said: (bytes: number) => void): void {
  let at = 0;
  const timer = setInterval(() => {
    socket.write(words.subarray(at, at + 1));
    at += 1;
    said(at);
  }, SLOW_MS);
  socket.once('close', () => clearInterval(timer));
}

/** @returns the first flight of a sound TLS 1.3 client. */
export function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const over = new Duplex({ read: () => undefined, write: (bytes: Buffer) => resolve(bytes) });
    connectTls({ socket: over, minVersion: 'TLSv1.3', ALPNProtocols: ['p2p/1'] });
  });
}

/** @returns one that begins as it should and then is anything. */
export function garbageHello(hello: Buffer): Buffer {
  return Buffer.concat([hello.subarray(0, RANDOM_AT), randomBytes(hello.length - RANDOM_AT)]);
}
