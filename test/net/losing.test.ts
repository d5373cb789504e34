/** Streams over datagrams on links of 100 Mbit/s that lose packets: what they carry, how fairly, and how full they fill the queue. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { newFolder } from '#test/support/folders.js';
import { rateOf, sendFile } from './file-transfer.js';
import { complaintOf, type Lab, openLab } from './lab.js';
import { countedAt, lose, lossRefusal, plugSlowly } from './lossy-link.js';
import { hashOf, writeNoise } from './noise.js';
import { type PeerProcess, startPeer } from './peer-process.js';
import { done, ready, shared, up } from './waits.js';

/** At the default ports. */
const TRANSFER_PORT = 27_461;

/** Per cent, at both ends: of ten packets with their acknowledgements fewer than seven get through. */
const MUCH = 20;

const MB = 1_000_000;

function loseAt(lab: Lab, hosts: readonly string[], percent: number): void {
  for (const host of hosts) lose(lab, host, percent);
}

describe('a file sent over bare datagrams', () => {
  beforeEach(({ skip }) => skip(lossRefusal !== undefined, lossRefusal));

  it('arrives whole where 0, 5 and 20 % of all packets are lost, at 20 % at least half as fast', async () => {
    const lab = await openLab();
    const hosts = ['alice', 'bob'] as const;
    plugSlowly(lab, hosts);
    const folder = newFolder();
    const file = writeNoise(join(folder, 'film.bin'), 24 * MiB);
    const rates = new Map<number, number>();
    // Twice where it is compared: a machine that was busy meanwhile makes none of them faster.
    for (const [index, percent] of [0, MUCH, 5, MUCH, 0].entries()) {
      loseAt(lab, hosts, percent);
      const place = join(folder, String(index));
      const transfer = await sendFile(lab, hosts, '10.1.0.2:4000', file, place);
      expect(hashOf(await transfer.whole())).toBe(hashOf(file));
      rates.set(percent, Math.max(rates.get(percent) ?? 0, rateOf(transfer)));
      for (const host of hosts) {
        const { lostShare } = countedAt(lab, host);
        expect(lostShare).toBeCloseTo(percent / 100, 1);
        // So close to 5 % is none at all, too.
        expect(lostShare).toBeGreaterThanOrEqual(percent / 200);
      }
    }
    const told = [...rates].map(
      ([percent, rate]) => `${percent} %: ${(rate / MB).toFixed(2)} MB/s`,
    );
    console.log(told.join(', '));
    expect(rates.get(MUCH)).toBeGreaterThan((rates.get(0) ?? 0) / 2);
  });

  it('shares the link with another one, neither with less than 35 of 100', async () => {
    const lab = await openLab();
    const hosts = ['alice', 'bob', 'carol'];
    plugSlowly(lab, hosts);
    const folder = newFolder();
    const file = writeNoise(join(folder, 'film.bin'), 48 * MiB);
    const transfers = await Promise.all(
      ['alice', 'carol'].map((from, index) =>
        sendFile(lab, [from, 'bob'], `10.1.0.2:400${index}`, file, join(folder, from)),
      ),
    );
    const isProgress = ({ type }: { type: string }) => type === 'progress';
    const both = transfers.map(({ receiver }) => receiver.until(isProgress));
    const begun = Math.max(...(await Promise.all(both)).map(({ at }) => at));
    const paths = await Promise.all(transfers.map((transfer) => transfer.whole()));
    for (const path of paths) expect(hashOf(path)).toBe(hashOf(file));
    const ends = transfers.map(({ receiver }) => receiver.said.findLast(isProgress)?.at ?? 0);
    // Both have settled by then: what is fair is what they have from there on.
    const from = begun + (Math.min(...ends) - begun) / 4;
    const rates = transfers.map((transfer) => rateOf(transfer, from, Math.min(...ends)));
    const sum = rates.reduce((all, rate) => all + rate, 0);
    console.log(`of ${(sum / MB).toFixed(2)} MB/s ${rates.map((rate) => (rate / sum).toFixed(3))}`);
    expect(Math.min(...rates) / sum).toBeGreaterThan(0.35);
  });

  it('leaves the queue before the link so short that a ping takes at most 10 ms longer', async ({
    skip,
  }) => {
    const without = complaintOf('ip link set lo up && ping -c 1 127.0.0.1');
    skip(without !== undefined, `no ping here (${without}): install iputils-ping`);
    const lab = await openLab();
    plugSlowly(lab, ['alice', 'bob']);
    const folder = newFolder();
    const file = writeNoise(join(folder, 'film.bin'), 80 * MiB);
    const idle = median(await pings(lab, 'alice', '10.1.0.2', 20));
    const transfer = await sendFile(lab, ['alice', 'bob'], '10.1.0.2:4000', file, folder);
    // How much the link carries has been found out by then.
    const settled = (said: { type: string }) =>
      said.type === 'progress' && Number((said as { doneBytes?: number }).doneBytes) > 10 * MiB;
    await transfer.receiver.until(settled);
    const busy = await pings(lab, 'alice', '10.1.0.2', 20);
    expect(transfer.receiver.said.some(({ type }) => type === 'received')).toBe(false);
    expect(hashOf(await transfer.whole())).toBe(hashOf(file));
    const most = Math.max(...busy);
    console.log(`ping ${idle} ms, busy ${median(busy)} ms, at most ${most} ms`);
    expect(median(busy) - idle).toBeLessThan(10);
  });
});

describe('a download between peers', () => {
  beforeEach(({ skip }) => skip(lossRefusal !== undefined, lossRefusal));

  it('over UDP is whole where 20 % of all packets are lost', async () => {
    const { lab, film, alice, bob } = await household('udp');
    loseAt(lab, ['alice', 'bob'], MUCH);
    bob.tell('download film.bin');
    const got = await done(bob);
    console.log(`${film.bytes / MiB} MiB in ${String(got['ms'])} ms`);
    expect(hashOf(String(got['path']))).toBe(hashOf(film.path));
    const { lostShare, udpBytes } = countedAt(lab, 'bob');
    expect(lostShare).toBeCloseTo(MUCH / 100, 1);
    expect(udpBytes).toBeGreaterThan(film.bytes);
    expect(alice.logged()).toBe('');
  });

  it('moves to UDP by itself where nothing reaches the TCP port, and says so', async () => {
    const { lab, film, bob } = await household('auto');
    lose(lab, 'alice', 0, TRANSFER_PORT);
    lose(lab, 'bob', 0);
    bob.tell('download film.bin');
    const moved = await bob.until(({ type }) => type === 'source-moved', 30_000);
    expect(moved).toMatchObject({ transport: 'udp', why: 'unreachable' });
    const got = await done(bob);
    console.log(`${film.bytes / MiB} MiB in ${String(got['ms'])} ms`);
    expect(hashOf(String(got['path']))).toBe(hashOf(film.path));
    expect(got['sources']).toMatchObject([{ transport: 'udp' }]);
    expect(countedAt(lab, 'bob').udpBytes).toBeGreaterThan(film.bytes);
  });

  it('moves to UDP by itself where TCP crawls, as 20 % of all packets are lost, and says so', async () => {
    const { lab, film, bob } = await household('auto');
    loseAt(lab, ['alice', 'bob'], MUCH);
    bob.tell('download film.bin');
    const moved = await bob.until(({ type }) => type === 'source-moved', 60_000);
    // Where one in five is lost both ways, TCP may not even connect in time.
    expect(moved).toMatchObject({ transport: 'udp' });
    const got = await done(bob);
    expect(hashOf(String(got['path']))).toBe(hashOf(film.path));
    // What came before it moved counts as what it came over.
    const sources = got['sources'] as readonly { readonly transport: string }[];
    expect(sources.at(-1)).toMatchObject({ transport: 'udp' });
    const { tcpBytes, udpBytes } = countedAt(lab, 'bob');
    console.log(
      `${film.bytes / MiB} MiB in ${String(got['ms'])} ms: TCP ${String(moved['why'])}, ` +
        `${tcpBytes} bytes of it, ${udpBytes} of UDP`,
    );
    expect(udpBytes).toBeGreaterThan(tcpBytes);
  });
});

/** Alice, who shares a film, and bob, who knows of it. */
async function household(transport: string) {
  const lab = await openLab();
  plugSlowly(lab, ['alice', 'bob']);
  const folder = newFolder();
  const bytes = 24 * MiB;
  const path = writeNoise(join(folder, 'film.bin'), bytes);
  const start = (name: string, flags: readonly string[]): PeerProcess => {
    mkdirSync(join(folder, name));
    // Chunks that are given away come over TCP always.
    const settings = [`P2P_TRANSFER_TRANSPORT=${transport}`, 'P2P_DISTRIBUTION_ENABLED=false'];
    return startPeer(lab, name, join(folder, name), flags, settings);
  };
  const alice = start('alice', ['--share', path]);
  await shared(alice);
  const bob = start('bob', []);
  await ready(bob);
  await Promise.all([up(bob, 'alice'), up(alice, 'bob')]);
  return { lab, film: { path, bytes }, alice, bob };
}

/** @returns ms there and back of each that came back, ten in a second. */
async function pings(lab: Lab, from: string, to: string, count: number): Promise<number[]> {
  const child = lab.run(from, ['ping', '-n', '-i', '0.1', '-c', String(count), to]);
  if (child.stdout === null) throw new Error('no stdout');
  const times: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [, ms] = /time=([\d.]+) ms/.exec(line) ?? [];
    if (ms !== undefined) times.push(Number(ms));
  }
  return times;
}

function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new Error('no ping came back');
  return middle;
}
