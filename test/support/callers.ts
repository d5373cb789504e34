/** Those who call and mean no good: connections in every stage of never getting anywhere. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { dialChannel } from '#src/io/channel.js';
import type { Identity } from '#src/io/identity.js';
import { openSession } from '#src/io/session.js';
import type { Role } from '#src/wire/hello.js';
import { selfOf } from './identities.js';
import { HOST } from './places.js';

export type Caller = {
  /** Begins one call. Resolves once it is as far as it will ever get, or was hung up on. */
  readonly call: (port: number) => Promise<Socket>;
};

/** Calls `count` times on a port, so many at once; each stays until `hangUp`. */
export async function callAll(
  call: (port: number, nth: number) => Promise<void>,
  port: number,
  count: number,
  atOnce: number,
): Promise<void> {
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await call(port, begun);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** Lines that are kept open; hung up by whoever was called, or at the end. */
export class Lines {
  readonly #open = new Set<Socket>();

  get open(): number {
    return this.#open.size;
  }

  async connect(port: number): Promise<Socket> {
    const socket = connect({ host: HOST, port, noDelay: true });
    this.#open.add(socket);
    socket.on('error', () => undefined).resume();
    socket.once('close', () => this.#open.delete(socket));
    await Promise.race([once(socket, 'connect').catch(() => undefined), once(socket, 'close')]);
    return socket;
  }

  hangUp(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

/** @returns the first flight of a sound TLS 1.3 client. */
export function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const over = new Duplex({ read: () => undefined, write: (bytes: Buffer) => resolve(bytes) });
    const tls = connectTls({ socket: over, minVersion: 'TLSv1.3', ALPNProtocols: ['p2p/1'] });
    tls.on('error', () => undefined);
  });
}

/** @returns a hello that begins as one should and then is anything. */
export function garbageHello(hello: Buffer): Buffer {
  const bytes = Buffer.from(hello);
  randomBytes(bytes.length - 9).copy(bytes, 9);
  return bytes;
}

export async function helloAndSilence(identity: Identity, port: number, role: Role) {
  const channel = await dialChannel({ host: HOST, port, credentials: identity.credentials });
  return openSession(channel, role, { self: selfOf(identity), pingMs: 60_000, deadAfterMs: 600_000 });
}
