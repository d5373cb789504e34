/** Whoever may connect to a port of ours by mistake or by malice, and speaks something else. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import { HOST } from './places.js';

/** Kept open by us until the other has had a moment to answer. */
const LINGER_MS = 50;

type Random = () => number;

/** What each says once it is connected; `undefined` says nothing at all. */
const FIRST_WORDS: Readonly<Record<string, (random: Random) => Buffer | undefined>> = {
  http: () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8\r\n\r\n'),
  'http/2': () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1'),
  ssh: () => Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'),
  garbage: (random) => garbage(1 + Math.floor(random() * 4096), random),
  'a record with a huge length': () => Buffer.from([22, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff]),
  'half a ClientHello': () => Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 1, 2, 3]),
  nothing: () => undefined,
};

export const STRANGERS = [...Object.keys(FIRST_WORDS), 'tls 1.2', 'tls without a certificate'];

/** Connects, says its words, and goes: by a reset or by a goodbye. Never rejects: strangers expect nothing. */
export async function visit(kind: string, port: number, random: Random): Promise<void> {
  const words = FIRST_WORDS[kind];
  const socket = connectPlain(port, HOST);
  const gone = new Promise((resolve) => socket.once('close', resolve));
  for (const one of words === undefined ? [socket, secured(kind, socket)] : [socket]) {
    // It is the stranger's own trouble; ours is asked about afterwards.
    one.on('error', () => {}).resume();
  }
  const said = words?.(random);
  if (said !== undefined) socket.write(said);
  const timer = setTimeout(() => leave(socket, random), LINGER_MS * random());
  await gone;
  clearTimeout(timer);
}

function secured(kind: string, socket: Socket): Socket {
  const old = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
  return connectSecurely({
    socket,
    rejectUnauthorized: false,
    ...(kind === 'tls 1.2' ? old : {}),
  });
}

function leave(socket: Socket, random: Random): void {
  if (random() < 0.5) socket.resetAndDestroy();
  else socket.destroy();
}

/** Sends datagrams of noise, one of every size there is among them. */
export async function shout(port: number, sizes: readonly number[], random: Random): Promise<void> {
  const socket = createSocket('udp4');
  for (const size of sizes) {
    await new Promise((resolve) => socket.send(garbage(size, random), port, HOST, resolve));
  }
  socket.close();
  await once(socket, 'close');
}

function garbage(size: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)));
}
