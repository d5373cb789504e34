/** What `priority` brings where somebody's upload limit holds back, by whole peers: how much of each has moved, at one moment. */
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import type { Priority, TransferRow } from '#src/peer.js';
import { writeRandom } from '#test/support/big-file.js';
import { createNetwork, knows, seen, type TestPeer } from '#test/support/network.js';

// A shared machine.
vi.setConfig({ testTimeout: 90_000 });

const BYTES = 8 * MiB;

/** Some seconds for each. */
const RATE = 2 * MiB;

/**
 * One of high priority gets 16 times what one of low gets; chunks that are not whole are the rest. What came before both
 * had their priority, on a busy machine a second's worth, says nothing.
 */
const MOST_BESIDE = 1 / 3;

const NAMES = ['urgent', 'other'] as const;

type Rows = ReadonlyMap<string, TransferRow>;

async function rowsOf(peer: TestPeer): Promise<Rows> {
  return new Map((await peer.transfers()).map((row) => [row.name, row]));
}

/** How much of `other` has moved since, where 1 of `urgent` has. */
function besides(before: Rows, after: Rows): number {
  const moved = (name: string) => (after.get(name)?.bytes ?? 0) - (before.get(name)?.bytes ?? 0);
  return moved('other') / moved('urgent');
}

/** As soon as one is here. @returns the rows by name */
async function whenOneIsHere(peer: TestPeer): Promise<Rows> {
  const first = await peer.heard.until('transfer-completed', { withinMs: 60_000 });
  const rows = await rowsOf(peer);
  expect(rows.get('urgent')?.transferId).toBe(first.transferId);
  return rows;
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
      const before = await rowsOf(asker);
      const rows = await whenOneIsHere(asker);
      expect(rows.get('other')).toMatchObject({ priority: 'low', state: 'running' });
      expect(besides(before, rows)).toBeLessThan(MOST_BESIDE);
    },
  );

  it.each(['the same peer', 'different peers'])(
    'lets a send leave before another to %s',
    async (to) => {
      const { anna, ben, carol, send } = await senders();
      await send('other', to === 'the same peer' ? ben : carol, 'low');
      await send('urgent', ben, 'high');
      expectOrder(await rowsOf(anna), await whenOneIsHere(anna));
    },
  );

  it('lets a send leave before another after a restart too', async () => {
    const { network, anna, ben, carol, send } = await senders();
    await send('other', carol, 'low');
    await send('urgent', ben, 'high');
    await anna.close();
    const again = await network.start(anna.home, { limits: { uploadBytesPerSecond: RATE } });
    // The two who receive come back at different moments.
    const before = await vi.waitFor(
      async () => {
        const rows = await rowsOf(again);
        for (const name of NAMES) expect(rows.get(name)?.state).toBe('running');
        return rows;
      },
      { timeout: 30_000 },
    );
    expectOrder(before, await whenOneIsHere(again));
  });
});

/** Three, of whom one sends within a limit. */
async function senders() {
  const network = await createNetwork(3, undefined, { settings: { inbox: { accept: 'all' } } });
  const [anna, ben, carol] = network.peers as [TestPeer, TestPeer, TestPeer];
  await knows(anna, [ben, carol]);
  anna.limit('upload', RATE);
  const send = async (name: string, to: TestPeer, priority: Priority) => {
    const path = join(network.folder, name);
    writeRandom(path, BYTES);
    await anna.send(path, { to: to.name });
    expect(await anna.prioritize(name, priority)).toMatchObject({ name, priority });
  };
  return { network, anna, ben, carol, send };
}

function expectOrder(before: Rows, rows: Rows): void {
  expect(rows.get('urgent')).toMatchObject({ direction: 'up', priority: 'high' });
  expect(rows.get('other')).toMatchObject({ direction: 'up', priority: 'low' });
  expect(besides(before, rows)).toBeLessThan(MOST_BESIDE);
}
