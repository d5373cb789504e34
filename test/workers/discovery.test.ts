import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  count,
  filter,
  firstValueFrom,
  ReplaySubject,
  Subject,
  take,
  takeUntil,
  timeout,
  timer,
  toArray,
} from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { startOnWorker } from '#src/actor/worker-host.js';
import { parseInstance } from '#src/domain/ids.js';
import { NO_STANDING } from '#src/domain/peers/standing.js';
import { portsFrom } from '#src/domain/ports.js';
import { announcerKey, encodeAnnouncement } from '#src/wire/announcement.js';
import { peerIdOf } from '#src/wire/peer-id.js';
import { discovery, type In, type Init, type Out } from '#workers/discovery.js';

type OfType<T extends Out['type']> = Extract<Out, { type: T }>;
const running: { stop(): void }[] = [];
afterEach(() => {
  for (const one of running.splice(0)) one.stop();
});

function newIdentity() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    peerId: peerIdOf(publicKey.export({ format: 'der', type: 'spki' })),
    instance: parseInstance(randomBytes(8).toString('hex')) ?? expect.fail(),
  };
}

/** A discovery actor as a function, restricted to 127.0.0.1 unless told otherwise. */
function run(discoveryPort: number, base: number, host = '127.0.0.1', expiryMs = 45_000) {
  const { keyPem, peerId, instance } = newIdentity();
  const inbox = new Subject<In>();
  const said = new ReplaySubject<Out>();
  const self = { peerId, name: 'test', ports: portsFrom(base), instance };
  const credentials = { keyPem, certificatePem: '' };
  const init = {
    discoveryPort,
    host,
    self,
    credentials,
    heartbeatMs: 15_000,
    expiryMs,
    announcing: true,
    standing: NO_STANDING,
  };
  const life = discovery(init, inbox).subscribe(said);
  running.push({ stop: () => life.unsubscribe() });
  return {
    peerId,
    keyPem,
    inbox,
    said,
    next: <T extends Out['type']>(type: T, fits: (out: OfType<T>) => boolean = () => true) =>
      firstValueFrom(
        said.pipe(
          filter((out): out is OfType<T> => out.type === type),
          filter(fits),
          timeout(5000),
        ),
      ),
    crash: () => life.unsubscribe(),
  };
}

describe('discovery on loopback', () => {
  it('lets two peers find each other as soon as the second one has started', async () => {
    const a = run(0, 30_000);
    const { port } = await a.next('listening');
    const from = performance.now();
    const b = run(port, 30_004);
    const [byA, byB] = await Promise.all([a.next('peer-heard'), b.next('peer-heard')]);
    const ms = performance.now() - from;
    expect(byA).toMatchObject({ peerId: b.peerId, flag: 'start', ports: portsFrom(30_004) });
    expect(byB).toMatchObject({ peerId: a.peerId, host: '127.0.0.1' });
    console.info(`heard of each other after ${ms.toFixed(0)} ms`);
    // Milliseconds on an idle machine; the first heartbeat would come after 15 s.
    expect(ms).toBeLessThan(3000);
  });

  it('lets five peers that share one port all find each other', async () => {
    const first = run(0, 30_000);
    const { port } = await first.next('listening');
    const all = [first, ...[1, 2, 3, 4].map((i) => run(port, 30_000 + 4 * i))];
    await Promise.all(
      all.flatMap((one) =>
        all
          .filter((other) => other !== one)
          .map((other) => one.next('peer-heard', (out) => out.peerId === other.peerId)),
      ),
    );
  });

  it('tells the others how it stands in the mesh with its next announcement', async () => {
    const a = run(0, 30_000);
    const { port } = await a.next('listening');
    const b = run(port, 30_004);
    await a.next('peer-heard');
    b.inbox.next({ type: 'set-standing', load: 7, component: 0xabcd1234 });
    // A newcomer is answered by an announcement at once.
    const c = run(port, 30_008);
    const standing = { load: 7, component: 0xabcd1234 };
    const told = await c.next('peer-heard', (out) => out.peerId === b.peerId && out.load > 0);
    expect(told).toMatchObject(standing);
  });

  it('says goodbye before it completes, and the goodbye is heard', async () => {
    const a = run(0, 30_000);
    const { port } = await a.next('listening');
    const b = run(port, 30_004);
    await b.next('peer-heard');
    const completed = firstValueFrom(b.said.pipe(toArray()));
    b.inbox.complete();
    await completed;
    await a.next('peer-heard', (out) => out.flag === 'stop' && out.peerId === b.peerId);
  });

  it('says who fell silent', async () => {
    const a = run(0, 30_000, '127.0.0.1', 300);
    const { port } = await a.next('listening');
    const b = run(port, 30_004);
    await a.next('peer-heard');
    b.crash();
    expect(await a.next('peer-silent')).toMatchObject({ peerId: b.peerId });
  });

  it('answers nothing to a datagram, whatever it is (BitTorrent DRDoS, WOOT 2015)', async () => {
    const a = run(0, 30_000);
    const { port } = await a.next('listening');
    const socket = createSocket('udp4');
    const heard: string[] = [];
    socket.on('message', (bytes) => heard.push(bytes.toString('hex')));
    const packets = [0, 1, 128, 300, 9000].map((length) => randomBytes(length));
    const stranger = newIdentity();
    const { instance } = stranger;
    const fields = { ports: portsFrom(31_000), sequence: 1, instance, ...NO_STANDING };
    packets.push(
      Buffer.from(encodeAnnouncement({ ...fields, flag: 'start' }, announcerKey(stranger.keyPem))),
    );
    for (const packet of packets) socket.send(packet, port, '127.0.0.1');
    await a.next('peer-heard', (out) => out.peerId === stranger.peerId);
    // Whatever was answered is in front of this.
    const last = once(socket, 'message');
    socket.send('last', socket.address().port, '127.0.0.1');
    await last;
    expect(heard.pop()).toBe(Buffer.from('last').toString('hex'));
    socket.close();
    expect(heard).toEqual([]);
  });

  it('says when no interface at all can announce', async () => {
    const a = run(0, 30_000, '203.0.113.7');
    const { error } = await a.next('trouble');
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(error.message).toContain('no address 203.0.113.7');
  });

  it('says when another program holds the port, and goes on', async () => {
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(0, resolve));
    const a = run(other.address().port, 30_000);
    expect((await a.next('trouble')).error).toMatchObject({ code: 'port-busy' });
    other.close();
    await a.next('listening');
    expect(await firstValueFrom(a.said.pipe(take(1)))).toBeDefined();
  });

  it('completes when asked to stop before it has opened anything', async () => {
    const a = run(0, 30_000);
    a.inbox.complete();
    await firstValueFrom(a.said.pipe(toArray(), timeout(1000)));
  });
});

describe('discovery on a thread', () => {
  it('is heard again in its next life after a crash, and ends normally when asked to', async () => {
    const a = run(0, 30_000);
    const { port } = await a.next('listening');
    const { keyPem, peerId, instance } = newIdentity();
    const init: Init = {
      discoveryPort: port,
      host: '127.0.0.1',
      self: { peerId, name: 'thread', ports: portsFrom(30_004), instance },
      credentials: { keyPem, certificatePem: '' },
      heartbeatMs: 15_000,
      expiryMs: 45_000,
      announcing: true,
      standing: NO_STANDING,
    };
    const file = new URL('../../workers/discovery.js', import.meta.url);
    const start = () => startOnWorker<Init, In, Out>(file, init, { name: 'discovery' });
    const heardOf = () =>
      firstValueFrom(
        a.said.pipe(
          filter((out) => out.type === 'peer-heard'),
          take(1),
        ),
      );
    const first = start();
    await heardOf();
    first.kill('a test');
    await first.exit;
    const before = await countOf(a.said);
    const second = start();
    await firstValueFrom(
      a.said.pipe(
        filter((_out, index) => index >= before),
        timeout(5000),
      ),
    );
    second.stop();
    expect(await second.exit).toEqual({ reason: 'normal' });
    await a.next('peer-heard', (out) => out.flag === 'stop' && out.peerId === peerId);
  });
});

/** How much an actor has said until now. */
function countOf(said: ReplaySubject<Out>): Promise<number> {
  return firstValueFrom(said.pipe(takeUntil(timer(0)), count()));
}
