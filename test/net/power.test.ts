/** Hosts that lose their power: nothing is said any more, and nothing closed. */
import { beforeEach, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { filmHousehold } from './film-household.js';
import { portOf, refusal } from './lab.js';
import { startPeer } from './peer-process.js';
import { up } from './waits.js';

beforeEach(({ skip }) => skip(refusal !== undefined, refusal));

it('peers tell within 45 s that a host without power is lost', async () => {
  const { lab, place, alice, bob } = await filmHousehold(1 * MiB);
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
