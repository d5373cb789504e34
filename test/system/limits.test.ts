import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { noise } from '#test/support/contents.js';
import { createNetwork, seen } from '#test/support/network.js';
import { startPeerProgram } from '#test/support/peer-program.js';

vi.setConfig({ testTimeout: 90_000 });

const RATE = 2 * MiB;
const BYTES = 4 * MiB;
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

  it('is shared by downloads: evenly whoever has more sources, and by priority', async () => {
    const network = await createNetwork(0);
    const homes = [network.home('source'), network.home('other source')];
    for (const home of homes) writeFileSync(join(home.share, 'x'), noise(BYTES, 1));
    for (const home of homes.slice(0, 1)) writeFileSync(join(home.share, 'y'), noise(BYTES, 2));
    for (const home of homes) await network.start(home);
    for (const priority of ['normal', 'high'] as const) {
      const limits = { limits: { downloadBytesPerSecond: RATE } };
      const asker = await network.start(network.home(`asker ${priority}`), limits);
      await Promise.all([seen(asker, 'x', 2), seen(asker, 'y', 1)]);
      for (const name of ['x', 'y']) asker.download(name).catch(() => undefined);
      await asker.heard.until('download-started', { where: ({ name }) => name === 'y' });
      await asker.prioritize('y', priority);
      const first = await asker.heard.until('transfer-completed', { withinMs: 60_000 });
      const rows = await asker.transfers();
      const rest = rows.find(({ transferId }) => transferId !== first.transferId);
      // What is not proven yet does not count: a chunk of each source.
      if (priority === 'normal') expect(rest?.bytes).toBeGreaterThan(BYTES * 0.6);
      else expect([rest?.name, (rest?.bytes ?? 0) < BYTES * 0.6]).toEqual(['x', true]);
      await asker.close();
    }
  });
});
