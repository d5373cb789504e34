/** Who is not who they say: on the network, in TLS, and between two peers. */
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { hostname, userInfo } from 'node:os';
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTlsServer,
  TLSSocket,
} from 'node:tls';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Flag } from '#src/domain/discovery/announcement.js';
import { type Ports, portsFrom } from '#src/domain/ports.js';
import { type Identity, newInstance, openIdentity } from '#src/io/disk/identity.js';
import { type Channel, dialChannel, serverChannel } from '#src/io/net/channel.js';
import { acceptSession, openSession } from '#src/io/net/session.js';
import { announcerKey, encodeAnnouncement } from '#src/wire/announcement.js';
import { encodeMessage } from '#src/wire/message.js';
import { helloOf, listen, portOf, startHostilePeer } from '#test/support/hostile-peer.js';
import { newIdentity, selfOf } from '#test/support/identities.js';
import { freePeerBase, HOST } from '#test/support/places.js';
import { rounds } from '#test/support/rounds.js';
import { ATTACK_MS, startVictim, type Victim } from '#test/support/victim.js';

vi.setConfig({ testTimeout: ATTACK_MS });

const TIMES = { pingMs: 1000, deadAfterMs: 5000 };
/** Every so many bytes one is changed. */
const STRIDE = rounds({ small: 97, full: 7 });
const ALPN = { ALPNProtocols: ['p2p/1'] };
const PATIENCE_MS = 20_000;

type Announced = { readonly flag: Flag; readonly ports: Ports; readonly sequence: number };

/** Sends datagrams as any program on this network can. */
async function broadcast(port: number, ...datagrams: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4');
  socket.bind(0, HOST);
  await once(socket, 'listening');
  socket.setBroadcast(true);
  for (const datagram of datagrams) {
    await new Promise((resolve) => {
      socket.send(datagram, port, '127.255.255.255', resolve);
    });
  }
  socket.close();
}

function announcement({ credentials }: Identity, fields: Announced): Uint8Array {
  const all = { ...fields, instance: newInstance(), load: 0, component: 0 };
  return encodeAnnouncement(all, announcerKey(credentials.keyPem));
}

/** Listens on four ports and counts who ends a connection, and what anybody says through TLS. */
async function startImpostor() {
  const { credentials } = await newIdentity();
  const { keyPem: key, certificatePem: cert } = credentials;
  const base = await freePeerBase();
  let plainBytes = 0;
  let ended = 0;
  for (const port of Object.values(portsFrom(base))) {
    await listen(HOST, port, (socket) => {
      const options = { isServer: true, key, cert, ...ALPN, requestCert: true } as const;
      const tls = new TLSSocket(socket, { ...options, rejectUnauthorized: false });
      tls.on('data', (bytes) => {
        plainBytes += bytes.length;
      });
      tls.on('error', () => undefined);
      socket.once('close', () => {
        ended += 1;
      });
    });
  }
  return { base, plainBytes: () => plainBytes, ended: () => ended };
}

async function rowOf({ program }: Victim, peerId: string) {
  const from = program.heard.all.length;
  program.send('peers');
  const { peers } = await program.heard.until('peers', { from });
  return peers.find((row) => row.peerId === peerId);
}

describe('an impostor on the network', () => {
  it('who announces the id of another gets not one byte of payload, nor a hello (CVE-2025-54792, CVE-2025-66270)', async () => {
    const victim = await startVictim({
      distribution: { enabled: true, intervalMs: 100, copies: 8 },
    });
    const impostor = await startImpostor();
    const announced = await newIdentity();
    await victim.outlives(async () => {
      const fields = { flag: 'alive', ports: portsFrom(impostor.base) } as const;
      for (let sequence = 0; sequence < 3; sequence += 1) {
        // Signed by the one it names, and leading to somebody else: as a recording played from elsewhere would.
        await broadcast(victim.discoveryPort, announcement(announced, { ...fields, sequence }));
        await vi.waitFor(() => expect(impostor.ended()).toBeGreaterThan(0), {
          timeout: PATIENCE_MS,
        });
      }
    });
    expect(impostor.plainBytes()).toBe(0);
    const ups = victim.program.heard.of('peer-up').map(({ peerId }) => peerId);
    expect(ups).toEqual([victim.honest.peerId]);
  });

  it('who forges announcements of a known peer changes nothing of it, and ends no link (CVE-2025-32900, CVE-2022-21696)', async () => {
    const victim = await startVictim();
    const before = await rowOf(victim, victim.honest.peerId);
    const known = await openIdentity(victim.honest.data);
    await victim.outlives(async () => {
      for (const [at, flag] of (['stop', 'start', 'alive', 'stop'] as const).entries()) {
        const fields = { flag, ports: portsFrom(1000), sequence: 2 ** 52 + at };
        const forged = announcement(known, fields);
        forged.set(randomBytes(64), 64);
        // The second as only a thief of its key could: still not the instance that is linked.
        await broadcast(victim.discoveryPort, forged, announcement(known, fields));
      }
      // Heard after all of them, on the same socket.
      const last = await startHostilePeer();
      const fields = { flag: 'alive', ports: portsFrom(last.base), sequence: 1 } as const;
      await broadcast(victim.discoveryPort, announcement(last.identity, fields));
      await vi.waitFor(() => expect(last.guests.length).toBeGreaterThan(0), {
        timeout: PATIENCE_MS,
      });
    });
    expect(await rowOf(victim, victim.honest.peerId)).toEqual(before);
    const downs = victim.program.heard.of('peer-down').map(({ peerId }) => peerId);
    expect(downs).not.toContain(victim.honest.peerId);
  });
});

/** A self-signed certificate of another kind than ours. */
async function certificateOf(algorithm: 'RSASSA-PKCS1-v1_5' | 'ECDSA'): Promise<ConnectionOptions> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const signing = {
    name: algorithm,
    hash: 'SHA-256',
    ...(algorithm === 'ECDSA'
      ? { namedCurve: 'P-256' }
      : { publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 }),
  };
  const keys = await webcrypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    { name: 'CN=p2p', keys, signingAlgorithm: signing },
    webcrypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return { key: key.export({ type: 'pkcs8', format: 'pem' }), cert: certificate.toString('pem') };
}

/** What somebody shows in TLS who has no right to be heard. */
async function strangers(): Promise<Readonly<Record<string, ConnectionOptions>>> {
  const { credentials } = await newIdentity();
  const own = { key: credentials.keyPem, cert: credentials.certificatePem };
  return {
    'no certificate': ALPN,
    'no protocol': own,
    'another protocol': { ...own, ALPNProtocols: ['h2', 'http/1.1'] },
    'TLS 1.2': { ...own, ...ALPN, maxVersion: 'TLSv1.2' },
    'an RSA key': { ...(await certificateOf('RSASSA-PKCS1-v1_5')), ...ALPN },
    'a key on another curve': { ...(await certificateOf('ECDSA')), ...ALPN },
  };
}

/** @returns how many plain bytes came before the end. */
async function heardBy(port: number, options: ConnectionOptions, words: Uint8Array) {
  let bytes = 0;
  await new Promise<void>((resolve) => {
    const lax = { rejectUnauthorized: false, minVersion: 'TLSv1.2' } as const;
    const socket = connectTls({ host: HOST, port, ...lax, ...options });
    const end = () => resolve();
    socket
      .on('error', end)
      .on('close', end)
      .on('secureConnect', () => socket.write(words));
    socket.on('data', (data) => {
      bytes += data.length;
    });
  });
  return bytes;
}

/** Speaks TLS as the product does, but for what is given. */
function tlsOf({ credentials }: Identity, more: ConnectionOptions = {}): ConnectionOptions {
  const { keyPem: key, certificatePem: cert } = credentials;
  return { host: HOST, key, cert, ...ALPN, rejectUnauthorized: false, ...more };
}

describe('a channel', () => {
  it('tells nothing to who shows no certificate, a wrong one, or speaks something else, on any port (CVE-2026-70454, CVE-2024-51774)', async () => {
    const victim = await startVictim();
    const self = selfOf(await newIdentity());
    await victim.outlives(async () => {
      for (const role of ['link', 'transfer', 'status', 'give'] as const) {
        const hello = encodeMessage(helloOf(role, self));
        for (const [what, options] of Object.entries(await strangers())) {
          const heard = await heardBy(portOf(victim.ports, role), options, hello);
          expect(heard, `${what}, ${role}`).toBe(0);
        }
      }
    });
  });

  it('takes a peer for the key it proves, whatever certificates it shows beside', async () => {
    const [own, other, server] = await Promise.all([newIdentity(), newIdentity(), newIdentity()]);
    const port = await freePeerBase();
    const proven = new Promise<Channel>((resolve, reject) => {
      const receive = (socket: Socket) =>
        serverChannel(socket, server.credentials).then(resolve, reject);
      void listen(HOST, port, receive);
    });
    const chain = own.credentials.certificatePem + other.credentials.certificatePem;
    const socket = connectTls(tlsOf(own, { port, cert: chain }));
    onTestFinished(() => void socket.destroy());
    expect((await proven).peerId).toBe(own.peerId);
    // The other's certificate first: its key is not here to prove it, so it cannot even be shown.
    const stolen = other.credentials.certificatePem + own.credentials.certificatePem;
    expect(() => connectTls(tlsOf(own, { port, cert: stolen }))).toThrow(/mismatch/);
  });

  it('is never resumed, for then a client sees no certificate (TLS 1.3 in Node)', async () => {
    const victim = await startVictim();
    const identity = await newIdentity();
    await victim.outlives(async () => {
      for (const role of ['link', 'transfer', 'status', 'give'] as const) {
        const options = tlsOf(identity, { port: portOf(victim.ports, role) });
        const sessions: Buffer[] = [];
        const first = connectTls(options).on('session', (session) => sessions.push(session));
        first.write(encodeMessage(helloOf(role, selfOf(identity))));
        await once(first, 'data');
        const session = sessions.at(-1) ?? first.getSession();
        first.destroy();
        const second = connectTls({ ...options, ...(session === undefined ? {} : { session }) });
        second.on('error', () => undefined);
        await Promise.race([once(second, 'secureConnect'), once(second, 'close')]);
        expect(second.isSessionReused(), role).toBe(false);
        second.destroy();
      }
    });
  });

  it('asks for no resumption of a server that hands out tickets, and sees its certificate each time', async () => {
    const [server, client] = await Promise.all([newIdentity(), newIdentity()]);
    const { keyPem: key, certificatePem: cert } = server.credentials;
    const reused: boolean[] = [];
    const tls = createTlsServer({
      key,
      cert,
      ...ALPN,
      requestCert: true,
      rejectUnauthorized: false,
    });
    tls.on('secureConnection', (socket) => reused.push(socket.isSessionReused()));
    tls.on('secureConnection', (socket) => socket.on('error', () => undefined));
    tls.listen(0, HOST);
    await once(tls, 'listening');
    onTestFinished(() => void tls.close());
    const { port } = tls.address() as AddressInfo;
    for (let time = 0; time < 3; time += 1) {
      const dial = { host: HOST, port, credentials: client.credentials, expect: server.peerId };
      const seen = once(tls, 'secureConnection');
      const channel = await dialChannel(dial);
      await seen;
      expect(channel.peerId).toBe(server.peerId);
      channel.socket.destroy();
    }
    expect(reused).toEqual([false, false, false]);
  });

  it('ends at any byte that was changed on its way, so that nothing said can be stripped (CVE-2023-48795)', async () => {
    const [server, client] = await Promise.all([newIdentity(), newIdentity()]);
    const heard: string[] = [];
    const port = await freePeerBase();
    await listen(HOST, port, async (socket) => {
      const channel = await serverChannel(socket, server.credentials);
      channel.socket.on('error', () => undefined);
      const session = await acceptSession(
        channel,
        { ...TIMES, self: selfOf(server) },
        () => undefined,
      );
      heard.push(session.peer.name);
    });
    const attempt = async (flipAt: number) => {
      const proxy = await startFlipping(port, flipAt);
      const dial = { host: HOST, port: proxy.port, credentials: client.credentials };
      const channel = await dialChannel(dial);
      channel.socket.on('error', () => undefined);
      const session = await openSession(channel, 'link', {
        ...TIMES,
        self: selfOf(client, 'alice'),
      });
      session.destroy();
      return proxy.passed();
    };
    const all = await attempt(Number.POSITIVE_INFINITY);
    expect(heard).toEqual(['alice']);
    const places = Array.from({ length: Math.ceil(all / STRIDE) }, (_, at) => at * STRIDE);
    const outcomes = await Promise.all(
      places.map((at) =>
        attempt(at).then(
          () => `taken with byte ${at} changed`,
          () => 'refused',
        ),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(['refused']));
    expect(new Set(heard)).toEqual(new Set(['alice']));
  });
});

/** Passes a connection on with one bit changed of what the dialler says. */
async function startFlipping(to: number, flipAt: number) {
  const port = await freePeerBase();
  let passed = 0;
  await listen(HOST, port, (dialler) => {
    const onward = connectTcp({ host: HOST, port: to });
    dialler.on('data', (bytes) => {
      const at = flipAt - passed;
      if (at >= 0 && at < bytes.length) bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      passed += bytes.length;
      onward.write(bytes);
    });
    onward.on('data', (bytes) => dialler.write(bytes));
    onward.on('error', () => undefined).on('close', () => dialler.destroy());
    dialler.on('close', () => onward.destroy());
  });
  return { port, passed: () => passed };
}

describe('secrets', () => {
  it('are in no argument, no line, no log and no announcement of a peer (CVE-2023-43621)', async () => {
    const victim = await startVictim();
    const { credentials } = await openIdentity(victim.home.data);
    const secret = createPrivateKey(credentials.keyPem).export({ format: 'jwk' }).d ?? '';
    expect(secret).toHaveLength(43);
    const raw = Buffer.from(secret, 'base64url');
    const datagrams: Buffer[] = [];
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.on('message', (bytes) => datagrams.push(bytes)).bind(victim.discoveryPort);
    await once(socket, 'listening');
    await broadcast(victim.discoveryPort, noticed(await newIdentity()));
    await vi.waitFor(() => expect(datagrams.length).toBeGreaterThan(1), { timeout: PATIENCE_MS });
    socket.close();
    const { pid } = victim.program.child;
    const said = [
      readFileSync(`/proc/${pid}/cmdline`),
      readFileSync(`/proc/${pid}/environ`),
      Buffer.from(victim.program.lines.join('\n') + victim.program.stderr()),
      ...datagrams,
    ];
    for (const bytes of said) {
      for (const form of [raw, secret, raw.toString('base64'), raw.toString('hex')]) {
        expect(bytes.includes(form)).toBe(false);
      }
      expect(bytes.includes('PRIVATE KEY')).toBe(false);
    }
    for (const name of ['victim', userInfo().username, hostname()]) {
      expect(Buffer.concat(datagrams).includes(name)).toBe(false);
    }
  });
});

/** A newcomer's first word, which everybody answers with an announcement. */
function noticed(newcomer: Identity): Uint8Array {
  return announcement(newcomer, { flag: 'start', ports: portsFrom(1000), sequence: 1 });
}
