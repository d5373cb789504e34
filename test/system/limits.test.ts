import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { createNetwork, seen } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';

vi.setConfig({ testTimeout: 90_000 });

const RATE = 2 * MiB;
const BYTES = 6 * MiB;
/** What a connection may have at the beginning: a tenth of a second, and what was read before the first turn. */
const EARLY = 0.7;
const LEAST_MS = ((BYTES - EARLY * MiB) / RATE) * 1000;

describe('a limit', () => {
  it.each([
    ['of what leaves', { uploadBytesPerSecond: RATE }, {}],
    ['of what is taken', {}, { downloadBytesPerSecond: RATE }],
    ['for a single peer', { perPeerBytesPerSecond: RATE }, {}],
  ])('%s holds, over TCP and over UDP', async (_, giving, taking) => {
    const network = await createNetwork(0);
    const source = network.home('source');
    const prints = new Map<string, string>();
    for (const name of ['tcp', 'udp']) {
      prints.set(name, await sha256(writeRandom(join(source.share, name), BYTES)));
    }
    await network.start(source, { limits: giving });
    for (const transport of ['tcp', 'udp'] as const) {
      const own = { limits: taking, transfer: { transport } };
      const asker = await network.start(network.home(`by ${transport}`), own);
      await seen(asker, transport);
      const done = await asker.download(transport);
      expect(done.ms).toBeGreaterThan(LEAST_MS);
      expect(await sha256(done.path)).toBe(prints.get(transport));
      await asker.close();
    }
  });

  it('is typed while it matters, seen in `status`, and lifted', async () => {
    const network = await createNetwork(0);
    const source = network.home('source');
    writeRandom(join(source.share, 'film'), 64 * MiB);
    await network.start(source);
    const { heard, ...asker } = await startPeerProgram(network, network.home('typed'), {
      limits: { downloadBytesPerSecond: MiB },
    });
    await heard.until('peer-up');
    asker.send('limit #shown');
    expect((await heard.until('limits')).limits).toEqual({
      upload: null,
      download: MiB,
      peer: null,
      background: null,
    });
    asker.send('download film #d');
    await heard.until('download-progress', { where: ({ have }) => have > 0 });
    asker.send('limit DOWNLOAD 1.5MB/s #set', 'limit download 5Mb #wrong');
    await heard.until('limits', { where: ({ limits }) => limits.download === 1_500_000 });
    expect(await heard.until('error')).toMatchObject({ code: 'usage', ref: 'wrong' });
    asker.send('status #s');
    const status = await heard.until('status');
    expect(status.limits.download).toBe(1_500_000);
    expect(status.downloads[0]?.have).toBeLessThan(64);
    asker.send('limit off #off');
    await heard.until('download-completed', { withinMs: 60_000 });
    asker.send('exit');
    await asker.exit;
  });
});
