/** Networks that change and fail under running peers: cables pulled and plugged, hosts without power. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { newFolder } from '#test/support/folders.js';
import { openLab, portOf, refusal } from './lab.js';
import { hashOf, writeNoise } from './noise.js';
import { startPeer } from './peer-process.js';
import { done, ready, shared, up } from './waits.js';

/** As long as a cable is out of its socket in these tests. */
const UNPLUGGED_MS = 5000;

/** Alice, who shares a film of so many bytes, and bob, on one network; both are ready and know each other. */
async function household(bytes: number) {
  const lab = await openLab();
  lab.bridge('net1');
  const folder = newFolder();
  const place = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  };
  for (const [index, host] of ['alice', 'bob'].entries()) {
    lab.host(host);
    lab.plug(host, 'eth1', 'net1', `10.1.0.${index + 1}/24`);
  }
  const film = writeNoise(join(place('films'), 'film.bin'), bytes);
  const alice = startPeer(lab, 'alice', place('alice'), ['--share', film]);
  // Shared before bob comes, so that the film is on the first page he reads.
  await shared(alice);
  const bob = startPeer(lab, 'bob', place('bob'));
  await ready(bob);
  await Promise.all([up(bob, 'alice'), up(alice, 'bob')]);
  return { lab, place, film, alice, bob };
}

describe('peers on networks that fail', () => {
  beforeEach(({ skip }) => skip(refusal !== undefined, refusal));

  it('complete a download although the interface was down for a while', async () => {
    const { lab, film, bob } = await household(512 * MiB);
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

  it('tell within 45 s that a host without power is lost', async () => {
    const { lab, place, alice, bob } = await household(1 * MiB);
    lab.host('carol');
    lab.plug('carol', 'eth1', 'net1', '10.1.0.3/24');
    const carol = startPeer(lab, 'carol', place('carol'));
    await Promise.all([up(alice, 'carol'), up(bob, 'carol'), up(carol, 'alice')]);
    // The cable first, so that no goodbye of the kernel's passes either.
    lab.ip([`link set ${portOf('carol', 'eth1')} down`]);
    const cut = performance.now();
    carol.kill();
    const downs = await Promise.all(
      [alice, bob].map((peer) => peer.until(({ type }) => type === 'peer-down', 45_000)),
    );
    console.log(`lost after ${downs.map(({ at }) => Math.round(at - cut)).join(' and ')} ms`);
    for (const down of downs) expect(down).toMatchObject({ reason: 'lost' });
    alice.tell('peers');
    const { peers } = await alice.until(({ type }) => type === 'peers');
    expect(peers).toContainEqual(expect.objectContaining({ name: 'bob', state: 'up' }));
    expect(peers).not.toContainEqual(expect.objectContaining({ name: 'carol', state: 'up' }));
  });
});
