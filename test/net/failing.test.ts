/** Networks that change and fail under running peers: cables pulled and plugged. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { newFolder } from '#test/support/folders.js';
import { filmHousehold } from './film-household.js';
import { openLab, refusal } from './lab.js';
import { hashOf } from './noise.js';
import { startPeer } from './peer-process.js';
import { done, ready, up } from './waits.js';

/** As long as a cable is out of its socket in these tests. */
const UNPLUGGED_MS = 5000;

describe('peers on networks that fail', () => {
  beforeEach(({ skip }) => skip(refusal !== undefined, refusal));

  it('complete a download although the interface was down for a while', async () => {
    const { lab, film, bob } = await filmHousehold(512 * MiB);
    bob.tell('download film.bin');
    await bob.until((said) => said.type === 'download-progress' && Number(said['have']) > 0);
    const cut = performance.now();
    lab.ip(['link set eth1 down'], 'bob');
    await passed(UNPLUGGED_MS);
    expect(bob.said.some(({ type }) => type === 'download-completed')).toBe(false);
    lab.ip(['link set eth1 up'], 'bob');
    const mended = performance.now();
    const got = await done(bob);
    const have = bob.said.filter((said) => said.type === 'download-progress' && said.at < mended);
    console.log(
      `cut at ${String(have.at(-1)?.['have'])} of ${String(have.at(-1)?.['chunks'])} chunks, ` +
        `${have.filter(({ at }) => at > cut).length} lines of progress while cut, ` +
        `whole ${Math.round(got.at - mended)} ms after the cable was back`,
    );
    expect(hashOf(String(got['path']))).toBe(hashOf(film));
  });

  it('find each other on an interface that comes later', async () => {
    const lab = await openLab();
    lab.bridge('net1');
    const folder = newFolder();
    const peers = ['alice', 'bob'].map((host) => {
      lab.host(host);
      mkdirSync(join(folder, host));
      return startPeer(lab, host, join(folder, host));
    });
    await Promise.all(peers.map(ready));
    const [alice, bob] = peers;
    if (alice === undefined || bob === undefined) throw new Error('nobody there');
    await passed(1000);
    lab.plug('alice', 'eth1', 'net1', '10.1.0.1/24');
    lab.plug('bob', 'eth1', 'net1', '10.1.0.2/24');
    const plugged = performance.now();
    const found = await Promise.all([up(alice, 'bob', 10_000), up(bob, 'alice', 10_000)]);
    console.log(
      `found ${found.map(({ at }) => Math.round(at - plugged)).join(' and ')} ms after the cable`,
    );
  });
});
