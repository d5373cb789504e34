import { connect } from 'node:net';
import { duplexPair } from 'node:stream';
import { firstValueFrom, lastValueFrom, ReplaySubject, take, toArray } from 'rxjs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '#src/io/disk/identity.js';
import { clientChannel, dialChannel, serverChannel } from '#src/io/net/channel.js';
import { type Heard, listenForSessions } from '#src/io/net/listener.js';
import { acceptSession, openSession, type Session } from '#src/io/net/session.js';
import { newIdentity, placeOf, selfOf } from '#test/support/identities.js';

const TIMES = { pingMs: 200, deadAfterMs: 600 };
let alice: Identity;
let bob: Identity;
const cleanups: (() => void)[] = [];

beforeAll(async () => {
  alice = await newIdentity();
  bob = await newIdentity();
});

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listen(refuses: (peer: string) => boolean = () => false) {
  const heard = new ReplaySubject<Heard>();
  const subscription = listenForSessions(placeOf(bob, 'bob'), {
    ...TIMES,
    roles: ['transfer'],
    refuses,
  }).subscribe(heard);
  cleanups.push(() => subscription.unsubscribe());
  const first = await firstValueFrom(heard);
  if (first.type !== 'listening') throw new Error('not listening');
  return { port: first.port, heard };
}

async function accepted(heard: ReplaySubject<Heard>): Promise<Session> {
  const events = await lastValueFrom(heard.pipe(take(2), toArray()));
  const event = events[1];
  if (event?.type !== 'session') throw new Error(`no session: ${JSON.stringify(event)}`);
  return event.session;
}

async function dial(port: number, expect_?: string): Promise<Session> {
  const channel = await dialChannel({
    host: '127.0.0.1',
    port,
    credentials: alice.credentials,
    ...(expect_ === undefined ? {} : { expect: expect_ as never }),
  });
  return openSession(channel, 'transfer', { ...TIMES, self: selfOf(alice, 'alice') });
}

describe('a session', () => {
  it('proves both ends by their keys and carries messages both ways', async () => {
    const { port, heard } = await listen();
    const client = await dial(port, bob.peerId);
    const server = await accepted(heard);
    expect(client.peerId).toBe(bob.peerId);
    expect(server.peerId).toBe(alice.peerId);
    expect(server.peer.name).toBe('alice');
    const atServer = firstValueFrom(server.received);
    client.send({ type: 'get-chunk', id: 'ab'.repeat(32) as never, index: 7 }, 42);
    expect(await atServer).toEqual({
      request: 42,
      message: { type: 'get-chunk', id: 'ab'.repeat(32), index: 7 },
    });
  });

  it('refuses another identity than the one expected before it says anything (CVE-2025-66270)', async () => {
    const { port, heard } = await listen();
    await expect(dial(port, alice.peerId)).rejects.toMatchObject({ code: 'identity' });
    const [, turnedAway] = await lastValueFrom(heard.pipe(take(2), toArray()));
    // It left before a hello, or before the server had done its part: had it said one, this would be a session.
    expect(turnedAway?.type).toBe('turned-away');
  });

  it('turns a blocked peer away', async () => {
    const { port, heard } = await listen((peer) => peer === alice.peerId);
    await expect(dial(port)).rejects.toMatchObject({ code: 'refused' });
    const events = await lastValueFrom(heard.pipe(take(2), toArray()));
    expect(events[1]).toMatchObject({ type: 'turned-away', error: { code: 'refused' } });
  });

  it('completes at a goodbye and errors at an end without one', async () => {
    const { port, heard } = await listen();
    const client = await dial(port);
    const server = await accepted(heard);
    const end = lastValueFrom(server.received, { defaultValue: 'goodbye' });
    client.close();
    expect(await end).toBe('goodbye');
    const second = await dial(port);
    const heardThree = await lastValueFrom(heard.pipe(take(3), toArray()));
    const event = heardThree[2];
    if (event?.type !== 'session') throw new Error('no session');
    const broken = lastValueFrom(event.session.received);
    second.destroy();
    await expect(broken).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('stays alive through silence by pings, and dies when the other stops answering', async () => {
    const { port, heard } = await listen();
    const client = await dial(port);
    const server = await accepted(heard);
    const atClient = lastValueFrom(client.received, { defaultValue: 'goodbye' });
    const subscription = server.received.subscribe({ error: () => undefined });
    const raced = await Promise.race([
      atClient,
      new Promise((resolve) => setTimeout(resolve, 900, 'alive')),
    ]);
    expect(raced).toBe('alive');
    subscription.unsubscribe();
    await expect(atClient).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('lets its goodbye leave also while it reads, and tells when the connection is gone', async () => {
    const { port, heard } = await listen();
    const client = await dial(port);
    const server = await accepted(heard);
    const atServer = lastValueFrom(server.received, { defaultValue: 'goodbye' });
    const atClient = lastValueFrom(client.received, { defaultValue: 'goodbye' });
    client.close();
    expect(await Promise.all([atServer, atClient])).toEqual(['goodbye', 'goodbye']);
    await Promise.all([server.closed, client.closed]);
  });

  it('survives a probe that is answered, and ends by one that is not', async () => {
    const { port, heard } = await listen();
    const client = await dial(port);
    const server = await accepted(heard);
    const probed = lastValueFrom(server.received, { defaultValue: 'goodbye' });
    server.probe(500);
    await new Promise((resolve) => setTimeout(resolve, 700));
    client.pause();
    server.probe(40);
    await expect(probed).rejects.toMatchObject({
      code: 'timed-out',
      message: 'it did not answer when asked',
    });
    client.destroy();
  });

  it('survives garbage on its port and still serves others', async () => {
    const { port, heard } = await listen();
    for (const garbage of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff', '\0'.repeat(64)]) {
      const socket = connect(port, '127.0.0.1');
      await new Promise((resolve) => {
        socket.on('close', resolve).on('error', () => undefined);
        socket.resume().end(garbage);
      });
    }
    const client = await dial(port);
    expect(client.peerId).toBe(bob.peerId);
    const events = await lastValueFrom(heard.pipe(take(5), toArray()));
    expect(events.filter((event) => event.type === 'turned-away')).toHaveLength(3);
  });

  it('runs over any duplex stream', async () => {
    const [near, far] = duplexPair();
    const address = { host: 'pair', port: 0 };
    const [clientEnd, serverEnd] = await Promise.all([
      clientChannel(near, { ...address, credentials: alice.credentials }),
      serverChannel(far, bob.credentials),
    ]);
    const chunks: Uint8Array[] = [];
    const onChunkBytes = (_: number, bytes: Uint8Array) => void chunks.push(bytes.slice());
    const [client, server] = await Promise.all([
      openSession(clientEnd, 'transfer', { ...TIMES, self: selfOf(alice), onChunkBytes }),
      acceptSession(serverEnd, { ...TIMES, self: selfOf(bob) }, () => undefined),
    ]);
    expect([client.peerId, server.peerId]).toEqual([bob.peerId, alice.peerId]);
    const done = firstValueFrom(client.received);
    server.send({ type: 'have', ranges: [0, 3] }, 5);
    expect(await done).toEqual({ request: 5, message: { type: 'have', ranges: [0, 3] } });
    client.destroy();
    server.destroy();
  });
});
