import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';
import { createNetwork, knows } from '#test/support/network.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

it('a peer banned before the start is not dialled after it', async () => {
  const network = await createNetwork(2);
  const [banned, other] = network.peers;
  if (banned === undefined || other === undefined) throw new Error('no peers');
  await knows(other, [banned]);
  const home = network.home('strict');
  await writeSmallFile(join(home.data, 'bans'), `${banned.peerId} ${Date.now() + DAY_MS}\n`);
  const strict = await network.start(home);
  await knows(strict, [other]);
  expect(strict.peers().filter(({ state }) => state !== 'down')).toMatchObject([
    { peerId: other.peerId, state: 'up' },
  ]);
  // Only the list of the blocked says so, and until when.
  const [row, ...others] = strict.peers({ blocked: true });
  expect(others).toEqual([]);
  expect(row).toMatchObject({ peerId: banned.peerId, state: 'down', trust: 'unknown' });
  expect(Math.abs((row?.bannedUntil ?? 0) - Date.now() - DAY_MS)).toBeLessThan(HOUR_MS);
  // Lifted by hand it is dialled at its next announcement, in this life and the next.
  expect(await strict.unblock(banned.peerId)).toMatchObject({ trust: 'unknown' });
  expect(strict.peers({ blocked: true })).toEqual([]);
  await knows(strict, [banned]);
  expect(await readSmallFile(join(home.data, 'bans'))).toBe('');
});
