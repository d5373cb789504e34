import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { filter, firstValueFrom, ReplaySubject, timeout } from 'rxjs';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { toRecord } from '#src/domain/errors.js';
import { ADMISSION } from '#src/domain/peers/admission.js';
import type { Identity } from '#src/io/disk/identity.js';
import {
  clientChannel,
  dialBulkChannel,
  dialChannel,
  dialDatagramChannel,
  serverChannel,
} from '#src/io/net/channel.js';
import { type Heard, listenForSessions } from '#src/io/net/listener.js';
import { openSession } from '#src/io/net/session.js';
import { networkProof, PROOF_BYTES } from '#src/wire/network-proof.js';
import { listen } from '#test/support/hostile-peer.js';
import { newIdentity, newNetworkKey, placeOf, selfOf, withKey } from '#test/support/identities.js';
import { freePeerBase, HOST } from '#test/support/places.js';

vi.setConfig({ testTimeout: 60_000 });

const PATIENCE_MS = 20_000;
const TIMES = { pingMs: 10_000, deadAfterMs: 30_000 };
const OTHER_NETWORK = {
  code: 'network',
  message: expect.stringMatching(/belongs to another network, or to none/),
};

const DIALS = [
  ['TCP', dialChannel],
  ['TCP in bulk', dialBulkChannel],
  ['UDP', dialDatagramChannel],
] as const;

let open: { alice: Identity; bob: Identity };
let member: { alice: Identity; bob: Identity };
let stranger: Identity;

beforeAll(async () => {
  const [alice, bob] = await Promise.all([newIdentity(), newIdentity()]);
  const key = newNetworkKey();
  open = { alice, bob };
  member = { alice: withKey(alice, key), bob: withKey(bob, key) };
  stranger = withKey(alice);
});

/** A listener over TCP and UDP, and what it hears. */
async function listening(identity: Identity) {
  const heard = new ReplaySubject<Heard>();
  const life = listenForSessions(placeOf(identity), {
    ...TIMES,
    roles: ['transfer'],
    transports: ['tcp', 'udp'],
    refuses: () => false,
  }).subscribe(heard);
  onTestFinished(() => life.unsubscribe());
  const next = <T extends Heard['type']>(type: T) =>
    firstValueFrom(
      heard.pipe(
        filter((event): event is Extract<Heard, { type: T }> => event.type === type),
        timeout(PATIENCE_MS),
      ),
    );
  const { port } = await next('listening');
  return { port, next };
}

/** Two ends that may be anything, joined. */
function joined(near: Identity, far: Identity) {
  const over = duplexPair();
  const dial = { host: 'pair', port: 1, credentials: near.credentials };
  const ends = [clientChannel(over[0], dial), serverChannel(over[1], far.credentials)] as const;
  return Promise.allSettled(ends);
}

describe('a connection in a private network', () => {
  it.each(DIALS)('stands over %s where both have its key', async (_transport, dial) => {
    const { port, next } = await listening(member.bob);
    const { credentials } = member.alice;
    const channel = await dial({ host: HOST, port, credentials, expect: member.bob.peerId });
    const own = selfOf(member.alice, 'alice');
    const client = await openSession(channel, 'transfer', { ...TIMES, self: own });
    const { session } = await next('session');
    expect([client.peerId, session.peerId]).toEqual([member.bob.peerId, member.alice.peerId]);
    const said = firstValueFrom(session.received);
    client.send({ type: 'have', ranges: [0, 3] }, 5);
    expect(await said).toEqual({ request: 5, message: { type: 'have', ranges: [0, 3] } });
    client.destroy();
  });

  it.each(DIALS)(
    'ends over %s where one has no key or another, and who dialled is told why',
    async (_transport, dial) => {
      const pairs = [
        [stranger, member.bob],
        [open.alice, member.bob],
        [member.alice, open.bob],
      ] as const;
      for (const [near, far] of pairs) {
        const { port, next } = await listening(far);
        const { credentials } = near;
        await expect(dial({ host: HOST, port, credentials })).rejects.toMatchObject(OTHER_NETWORK);
        const { error } = await next('turned-away');
        for (const { networkKey = 'no key at all' } of [near.credentials, far.credentials]) {
          expect(JSON.stringify(error)).not.toContain(networkKey);
        }
      }
    },
  );

  it('ends over any duplex, and either end knows', async () => {
    const [near, far] = await joined(stranger, member.bob);
    expect(near).toMatchObject({ status: 'rejected', reason: OTHER_NETWORK });
    expect(far).toMatchObject({ status: 'rejected', reason: { code: 'network' } });
  });
});

function tlsOf({ credentials }: Identity) {
  return {
    key: credentials.keyPem,
    cert: credentials.certificatePem,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['p2p/1 private'],
  };
}

function exportedBy(socket: TLSSocket): Buffer {
  return socket.exportKeyingMaterial(32, 'EXPERIMENTAL p2p network 1', Buffer.alloc(0));
}

/** One end that speaks TLS as it should and then proves what it likes. */
type Forger = { readonly socket: Duplex; readonly exported: Buffer; readonly heard: () => Buffer };

/** Whoever knows TLS, and of the network what a test gives him: a channel whose proof is his own affair. */
async function forgedClient(port: number): Promise<Forger> {
  const socket = connectTls({
    ...tlsOf(open.alice),
    host: HOST,
    port,
    checkServerIdentity: () => undefined,
  });
  onTestFinished(() => void socket.destroy());
  const parts: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => parts.push(bytes)).on('error', () => undefined);
  await once(socket, 'secureConnect');
  const exported = exportedBy(socket);
  return { socket, exported, heard: () => Buffer.concat(parts) };
}

async function closed({ socket }: Forger): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}

describe('who dials into a private network', () => {
  const key = () => member.bob.credentials.networkKey ?? expect.fail();

  it('is shown a proof once his own is right, however slowly it comes', async () => {
    const { port } = await listening(member.bob);
    const forger = await forgedClient(port);
    const proof = networkProof(key(), forger.exported, 'client');
    for (const byte of proof) {
      expect(forger.heard()).toHaveLength(0);
      forger.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(forger.heard()).toHaveLength(PROOF_BYTES));
    expect(forger.heard()).toEqual(networkProof(key(), forger.exported, 'server'));
  });

  it.each([
    ['anything', () => randomBytes(PROOF_BYTES)],
    ['zeros', () => Buffer.alloc(PROOF_BYTES)],
    ["the server's part", (exported: Buffer) => networkProof(key(), exported, 'server')],
    ['a proof of another session', () => networkProof(key(), randomBytes(32), 'client')],
    [
      'a proof of another key',
      (exported: Buffer) => networkProof(newNetworkKey(), exported, 'client'),
    ],
    ['frames', () => Buffer.concat([Buffer.from([0, 0, 0, 0, 9, 0, 0, 0, 0]), Buffer.alloc(4096)])],
  ])('is told no and nothing else for %s', async (_what, forged) => {
    const { port, next } = await listening(member.bob);
    const forger = await forgedClient(port);
    forger.socket.write(forged(forger.exported));
    await closed(forger);
    expect(forger.heard()).toEqual(Buffer.alloc(PROOF_BYTES));
    expect((await next('turned-away')).error.code).toBe('network');
  });

  it('is told nothing at all where he leaves in the middle of it', async () => {
    const { port, next } = await listening(member.bob);
    const forger = await forgedClient(port);
    forger.socket.end(networkProof(key(), forger.exported, 'client').subarray(1));
    expect((await next('turned-away')).error.code).toBe('unreachable');
    await closed(forger);
    expect(forger.heard()).toHaveLength(0);
  });

  it('cannot pass on what a member proves to him', async () => {
    const { port, next } = await listening(member.bob);
    const base = await freePeerBase();
    const relayed = new Promise<Forger>((resolve, reject) => {
      void listen(HOST, base, async (over: Socket) => {
        const man = new TLSSocket(over, { ...tlsOf(stranger), isServer: true });
        man.on('error', () => undefined);
        await once(man, 'secure');
        const onward = await forgedClient(port);
        man.on('data', (bytes: Buffer) => onward.socket.write(bytes));
        onward.socket.on('data', (bytes: Buffer) => man.write(bytes));
        resolve(onward);
      }).catch(reject);
    });
    const { credentials } = member.alice;
    const dialled = dialChannel({ host: HOST, port: base, credentials });
    await expect(dialled).rejects.toMatchObject(OTHER_NETWORK);
    expect((await next('turned-away')).error.code).toBe('network');
    expect((await relayed).heard()).toEqual(Buffer.alloc(PROOF_BYTES));
  });

  it('has until the deadline of the handshake, however busy he is with it', async () => {
    const { port, next } = await listening(member.bob);
    const forger = await forgedClient(port);
    // So that the last byte would be far beyond the deadline.
    const drip = setInterval(
      () => forger.socket.write(Buffer.alloc(1)),
      ADMISSION.handshakeMs / 10,
    );
    onTestFinished(() => clearInterval(drip));
    expect((await next('turned-away')).error.code).toBe('timed-out');
    await closed(forger);
    expect(forger.heard()).toHaveLength(0);
  });
});

describe('who is dialled by a member of a private network', () => {
  /** A server that says what it likes after TLS, dialled by a member. */
  async function dialled(answer: (exported: Buffer) => Uint8Array | undefined, timeoutMs?: number) {
    const base = await freePeerBase();
    const heard: Buffer[] = [];
    await listen(HOST, base, async (over) => {
      const socket = new TLSSocket(over, { ...tlsOf(open.bob), isServer: true });
      socket.on('error', () => undefined).on('data', (bytes: Buffer) => heard.push(bytes));
      await once(socket, 'secure');
      const exported = exportedBy(socket);
      const said = answer(exported);
      if (said !== undefined) socket.write(said);
      if (said?.length === 0) socket.end();
    });
    const { credentials } = member.alice;
    const channel = dialChannel({ host: HOST, port: base, credentials, timeoutMs });
    const error = await channel.then(() => undefined, toRecord);
    return { error, heard: Buffer.concat(heard) };
  }

  it.each([
    ['anything', () => randomBytes(PROOF_BYTES)],
    ['much', () => randomBytes(100_000)],
    [
      'what he was sent',
      (exported: Buffer) =>
        networkProof(member.alice.credentials.networkKey ?? expect.fail(), exported, 'client'),
    ],
  ])('is told of no frame where he answers with %s', async (_what, answer) => {
    const { error, heard } = await dialled(answer);
    expect(error).toMatchObject(OTHER_NETWORK);
    expect(heard.length).toBeLessThanOrEqual(PROOF_BYTES);
  });

  it('is not believed where he leaves, or stays silent', async () => {
    const left = await dialled(() => Buffer.alloc(0));
    expect(left.error?.code).toBe('unreachable');
    const silent = await dialled(() => undefined, 300);
    expect(silent.error).toMatchObject({ code: 'timed-out' });
    expect(silent.heard).toHaveLength(PROOF_BYTES);
  });
});

describe('a peer without a key', () => {
  it('says nothing before its owner does, and the protocol is that of open networks', async () => {
    const [client, server] = await joined(open.alice, open.bob);
    if (client.status !== 'fulfilled' || server.status !== 'fulfilled')
      throw new Error('no channel');
    const first = new Promise<Uint8Array>((resolve) =>
      server.value.read((bytes) => resolve(bytes.slice())),
    );
    client.value.socket.write('hello');
    expect(Buffer.from(await first).toString()).toBe('hello');
    expect(client.value.socket.alpnProtocol).toBe('p2p/1');
  });
});
