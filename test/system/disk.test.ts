import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { writeRandom } from '#test/support/big-file.js';
import { createNetwork, type PeerHome, seen } from '#test/support/network.js';
import { smallDisk } from '#test/support/small-disk.js';

describe('a download that the disk has no room for', () => {
  it('fails with disk-full before anything is fetched, and leaves nothing under its name', async (context) => {
    const network = await createNetwork(1, undefined, {
      prepare: ({ share }) => writeRandom(join(share, 'film'), 16 * MiB),
    });
    const home: PeerHome = network.home('small');
    if (!smallDisk(home.downloads, 8 * MiB)) {
      context.skip('only root may mount a small disk to fill');
      return;
    }
    const asker = await network.start(home);
    await seen(asker, 'film');
    await expect(asker.download('film')).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringMatching(
        /^16 MiB are needed in .+ besides the 512 MiB that are kept free, and only \d MiB are free: /,
      ),
    });
    expect(asker.heard.of('download-failed')).toMatchObject([{ code: 'disk-full', name: 'film' }]);
    await asker.close();
  });
});
