import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { BASE_BYTES } from '#src/domain/datagram/packet-size.js';
import { dialDatagrams } from '#src/io/datagram/datagram-dial.js';
import { type DatagramServer, listenForDatagrams } from '#src/io/datagram/datagram-server.js';
import type { DatagramStream } from '#src/io/datagram/datagram-stream.js';
import { clientChannel, serverChannel } from '#src/io/net/channel.js';
import { writeSyn } from '#src/wire/handshake-packet.js';
import { newSlot } from '#src/wire/packet.js';
import { noise } from '#test/support/contents.js';
import { newIdentity } from '#test/support/identities.js';

const HOST = '127.0.0.1';
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

type Heard = { readonly server: DatagramServer; readonly streams: DatagramStream[] };

async function listen(port = 0, secret = 'a secret'): Promise<Heard> {
  const streams: DatagramStream[] = [];
  const server = await listenForDatagrams({
    host: HOST,
    port,
    secret,
    onStream: (stream) => {
      // What becomes of it is told to whoever asks; nobody else is to fall over it.
      stream.on('error', () => {});
      streams.push(stream);
    },
  });
  cleanups.push(() => server.close());
  return { server, streams };
}

async function dial(port: number): Promise<DatagramStream> {
  const stream = await dialDatagrams(HOST, port);
  stream.on('error', () => {});
  cleanups.push(() => stream.destroy());
  return stream;
}

/** Both ends of one connection. */
async function pair(): Promise<readonly [client: DatagramStream, server: DatagramStream, Heard]> {
  const heard = await listen();
  const client = await dial(heard.server.port);
  const [server] = heard.streams;
  if (server === undefined) throw new Error('nobody called');
  return [client, server, heard];
}

async function wholeOf(stream: DatagramStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  // Plain iteration would destroy the whole stream at the end of this direction.
  for await (const part of stream.iterator({ destroyOnReturn: false })) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

describe('a stream over datagrams', () => {
  it('carries bytes both ways at once, and ends in each direction by itself', async () => {
    const [client, server] = await pair();
    const there = noise(3_000_000, 1);
    const back = noise(1_000_000, 2);
    const [heardThere, heardBack] = await Promise.all([
      wholeOf(server),
      wholeOf(client),
      pipeline(Readable.from([there]), client, { end: true }),
      pipeline(Readable.from([back]), server, { end: true }),
    ]);
    expect(heardThere.equals(there)).toBe(true);
    expect(heardBack.equals(back)).toBe(true);
    expect(client.outcome).toEqual({ type: 'complete' });
  });

  it('lets its writer wait for a reader that does not read', async () => {
    const [client, server] = await pair();
    const part = Buffer.alloc(64 * 1024);
    let written = 0;
    // Far more than the window and both buffers.
    while (written < 64 * 1024 * 1024 && client.write(part)) written += part.length;
    const drained = once(client, 'drain');
    expect(client.writableNeedDrain).toBe(true);
    server.resume();
    await drained;
  });

  it('tells the other end at once when one breaks it off', async () => {
    const [client, server] = await pair();
    const error = once(server, 'error');
    client.destroy();
    expect(await error).toMatchObject([{ code: 'unreachable' }]);
  });

  it('tells whoever dialled at once when the listener has started anew', async () => {
    const [client, , { server }] = await pair();
    const { port } = server;
    await server.vanish();
    await listen(port);
    const error = once(client, 'error');
    client.write('are you there?');
    expect(await error).toMatchObject([{ code: 'unreachable' }]);
  });

  it('carries TLS with both certificates, as a TCP connection does', async () => {
    const [alice, bob] = await Promise.all([newIdentity(), newIdentity()]);
    const [over, under] = await pair();
    const [client, server] = await Promise.all([
      clientChannel(over, {
        host: HOST,
        port: 1,
        credentials: alice.credentials,
        expect: bob.peerId,
      }),
      serverChannel(under, bob.credentials),
    ]);
    expect(client.peerId).toBe(bob.peerId);
    expect(server.peerId).toBe(alice.peerId);
    const heard = new Promise<string>((resolve) => {
      server.read((bytes) => resolve(Buffer.from(bytes).toString()));
    });
    client.socket.write('hello');
    expect(await heard).toBe('hello');
    client.socket.destroy();
    server.socket.destroy();
  });
});

describe('whoever listens for streams over datagrams', () => {
  async function caller(): Promise<Socket> {
    const socket = createSocket('udp4');
    cleanups.push(() => socket.close());
    socket.bind(0, HOST);
    await once(socket, 'listening');
    return socket;
  }

  it('answers a first word with less than it is long, and keeps nothing (BitTorrent DRDoS)', async () => {
    const { server, streams } = await listen();
    const socket = await caller();
    const slot = newSlot(BASE_BYTES);
    const terms = { id: 5, credit: 1000, datagramLimit: 1472, socketBytes: 1000 };
    let bytesOut = 0;
    for (let time = 0; time < 100; time += 1) {
      const bytes = writeSyn(slot, time, { ...terms, id: 5 + time, token: new Uint8Array(0) });
      const answer = once(socket, 'message');
      socket.send(slot.bytes.subarray(0, bytes), server.port, HOST);
      const [said] = (await answer) as [Buffer];
      expect(said.length).toBeLessThan(bytes);
      bytesOut += said.length;
    }
    expect(bytesOut).toBeLessThan(100 * 100);
    expect(streams).toHaveLength(0);
  });

  it('takes no token that was given to another address', async () => {
    const { server, streams } = await listen();
    const [one, other] = await Promise.all([caller(), caller()]);
    const slot = newSlot(BASE_BYTES);
    const terms = { id: 5, credit: 1000, datagramLimit: 1472, socketBytes: 1000 };
    const say = async (socket: Socket, number: number, token: Uint8Array): Promise<Buffer> => {
      const bytes = writeSyn(slot, number, { ...terms, token });
      const answer = once(socket, 'message');
      socket.send(slot.bytes.subarray(0, bytes), server.port, HOST);
      const [said] = (await answer) as [Buffer];
      return said;
    };
    const first = await say(one, 0, new Uint8Array(0));
    const token = first.subarray(21);
    const stolen = await say(other, 1, token);
    expect(stolen.length).toBeLessThan(BASE_BYTES);
    expect(streams).toHaveLength(0);
    const own = await say(one, 1, token);
    expect(own.length).toBe(BASE_BYTES);
    expect(streams).toHaveLength(1);
  });
});
