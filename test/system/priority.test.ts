/** What `priority` brings where somebody's upload limit holds back, by whole peers: how much of each has moved, at one moment. */
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import type { TransferRow } from '#src/peer.js';
import { writeRandom } from '#test/support/big-file.js';
import { createNetwork, knows, seen, type TestPeer } from '#test/support/network.js';

// A shared machine.
vi.setConfig({ testTimeout: 90_000 });

const BYTES = 8 * MiB;

/** Some seconds for each. */
const RATE = 2 * MiB;

/** One of high priority gets 16 times what one of low gets; chunks that are not whole, and the first one of each, are the rest. */
const MOST_BESIDE = BYTES / 3;

const NAMES = ['urgent', 'other'] as const;

/** As soon as one is here. @returns the rows by name */
async function whenOneIsHere(peer: TestPeer): Promise<ReadonlyMap<string, TransferRow>> {
  const first = await peer.heard.until('transfer-completed', { withinMs: 60_000 });
  const rows = await peer.transfers();
  expect(rows.find(({ transferId }) => transferId === first.transferId)?.name).toBe('urgent');
  return new Map(rows.map((row) => [row.name, row]));
}

describe('priority, where the upload limit of who gives holds all back', () => {
  it.each(['tcp', 'udp'] as const)(
    'brings a download of one source before another of the same one over %s',
    async (transport) => {
      const network = await createNetwork(0);
      const source = network.home('source');
      for (const name of NAMES) writeRandom(join(source.share, name), BYTES);
      await network.start(source, { limits: { uploadBytesPerSecond: RATE } });
      const asker = await network.start(network.home('asker'), { transfer: { transport } });
      for (const name of NAMES) {
        await seen(asker, name);
        asker.download(name).catch(() => undefined);
        await asker.heard.until('download-started', { where: (told) => told.name === name });
      }
      await asker.prioritize('other', 'low');
      await asker.prioritize('urgent', 'high');
      const rows = await whenOneIsHere(asker);
      expect(rows.get('other')).toMatchObject({ priority: 'low', state: 'running' });
      expect(rows.get('other')?.bytes).toBeLessThan(MOST_BESIDE);
    },
  );

  it.each(['the same peer', 'different peers'])(
    'lets a send leave before another to %s',
    async (to) => {
      const network = await createNetwork(3, undefined, { settings: { inbox: { accept: 'all' } } });
      const [anna, ben, carol] = network.peers as [TestPeer, TestPeer, TestPeer];
      await knows(anna, [ben, carol]);
      anna.limit('upload', RATE);
      for (const [name, priority] of [
        ['other', 'low'],
        ['urgent', 'high'],
      ] as const) {
        const path = join(network.folder, name);
        writeRandom(path, BYTES);
        const isForBen = name === 'urgent' || to === 'the same peer';
        await anna.send(path, { to: (isForBen ? ben : carol).name });
        expect(await anna.prioritize(name, priority)).toMatchObject({ name, priority });
      }
      const rows = await whenOneIsHere(anna);
      expect(rows.get('urgent')).toMatchObject({ direction: 'up', priority: 'high' });
      expect(rows.get('other')).toMatchObject({ priority: 'low', state: 'running' });
      expect(rows.get('other')?.bytes).toBeLessThan(MOST_BESIDE);
    },
  );
});
