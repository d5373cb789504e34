import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeSmallFile } from '#src/io/small-file.js';
import { createNetwork, knows } from '#test/support/network.js';

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
});
