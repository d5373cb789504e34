/** One has a film and four want it, all on links that carry little: the film leaves its owner hardly more than once. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { newFolder } from '#test/support/folders.js';
import { complaintOf, type Lab, openLab, portOf, refusal } from './lab.js';
import { hashOf, writeNoise } from './noise.js';
import { startPeer } from './peer-process.js';
import { done, offered, ready, shared, up } from './waits.js';

const BYTES = 16 * MiB;

/** Little enough that the links are what is waited for, and not the processors of a machine that carries five peers. */
const LIMIT = 'root tbf rate 20mbit burst 68kb latency 40ms';

const RECEIVERS = ['bob', 'carol', 'dave', 'erin'];

const limitRefusal =
  refusal ??
  (complaintOf(`tc qdisc add dev lo ${LIMIT}`) === undefined
    ? undefined
    : 'the rate of a link cannot be limited here: install iproute2, and load sch_tbf');

function plugSlowly(lab: Lab, host: string, address: string): void {
  lab.host(host);
  lab.plug(host, 'eth1', 'net1', address);
  lab.settle(['tc', 'qdisc', 'add', 'dev', 'eth1', ...LIMIT.split(' ')], '', host);
  lab.settle(['tc', 'qdisc', 'add', 'dev', portOf(host, 'eth1'), ...LIMIT.split(' ')], '');
}

/** Bytes that left over a host's cable so far. */
function sentBytes(lab: Lab, host: string): number {
  const lines = lab.settle(['cat', '/proc/net/dev'], '', host).split('\n');
  const line = lines.find((one) => one.trim().startsWith('eth1:')) ?? '';
  const counts = line.slice(line.indexOf(':') + 1).trim();
  return Number(counts.split(/\s+/)[8]);
}

describe('a film that four want of one', () => {
  beforeEach(({ skip }) => skip(limitRefusal !== undefined, limitRefusal));

  it('leaves its owner at most one and a half times, and is with all of them whole', async () => {
    const lab = await openLab();
    lab.bridge('net1');
    const folder = newFolder();
    const start = (host: string, at: number) => {
      plugSlowly(lab, host, `10.1.0.${at + 1}/24`);
      mkdirSync(join(folder, host));
      return startPeer(lab, host, join(folder, host), [], ['P2P_DISTRIBUTION_ENABLED=false']);
    };
    const film = writeNoise(join(folder, 'film.bin'), BYTES);
    const alice = start('alice', 0);
    await ready(alice);
    alice.tell(`share ${film}`);
    await shared(alice);
    const others = RECEIVERS.map((host, at) => start(host, at + 1));
    await Promise.all(others.map((other) => up(other, 'alice', 60_000)));
    await Promise.all(others.map((other) => offered(other, 'film.bin', 1)));
    const before = sentBytes(lab, 'alice');
    for (const other of others) other.tell('download film.bin');
    const landed = await Promise.all(others.map(done));
    const copies = (sentBytes(lab, 'alice') - before) / BYTES;
    for (const { path } of landed) expect(hashOf(String(path))).toBe(hashOf(film));
    expect(copies).toBeGreaterThan(1);
    expect(copies).toBeLessThanOrEqual(1.5);
  });
});
