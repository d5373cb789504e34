import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { KiB, MiB } from '#src/domain/limits.js';
import { sha256, writeRandom } from '#test/support/big-file.js';
import { createNetwork, knows, type PeerHome, seen, type TestPeer } from '#test/support/network.js';

const SPREADING = { enabled: true, intervalMs: 300 } as const;
const FILE = 'kept by others.bin';
const BYTES = 3 * MiB;
const CHUNKS = 12;

/** Milliseconds on an idle machine. */
const TOLD_WITHIN_MS = 10_000;

function owned({ share }: PeerHome, index: number): void {
  if (index === 0) writeRandom(join(share, FILE), BYTES);
}

describe('a file that its owner spreads', () => {
  it('outlives its owner: a peer that comes later gets it whole from those who keep it', async () => {
    const network = await createNetwork(4, undefined, {
      settings: { distribution: SPREADING },
      prepare: owned,
    });
    const [owner, ...keepers] = network.peers;
    if (owner === undefined) throw new Error('no owner');
    await spread(owner);
    // A keeper acknowledges a chunk to its giver before it is told of it itself.
    await vi.waitFor(
      () => {
        const kept = keepers.flatMap((peer) => peer.heard.of('chunk-received'));
        expect(kept.length).toBeGreaterThanOrEqual(2 * CHUNKS);
        expect(new Set(kept.map(({ index }) => index)).size).toBe(CHUNKS);
      },
      { timeout: TOLD_WITHIN_MS },
    );
    const print = await sha256(join(owner.home.share, FILE));
    await owner.close();

    const late = await network.start(network.home('late'));
    await knows(late, keepers);
    await seen(late, FILE);
    const done = await late.download(FILE);
    expect(await sha256(done.path)).toBe(print);
    expect(done.sources.map(({ peerId }) => peerId)).not.toContain(owner.peerId);
    expect(done.sources.reduce((sum, { chunks }) => sum + chunks, 0)).toBe(CHUNKS);
  });

  it('goes to nobody who has switched giving and keeping off, nor does such a one give', async () => {
    const network = await createNetwork(0, undefined, {
      settings: { distribution: { ...SPREADING, copies: 1 } },
    });
    const [home, off] = [network.home('owner'), network.home('off')];
    owned(home, 0);
    writeFileSync(join(off.share, 'not given'), 'away');
    const keeper = await network.start(network.home('keeper'));
    const refuser = await network.start(off, { distribution: { enabled: false } });
    const owner = await network.start(home);
    await Promise.all([knows(owner, [keeper, refuser]), knows(refuser, [keeper])]);
    await spread(owner);
    expect(refuser.heard.of('chunk-received')).toEqual([]);
    const received = () => keeper.heard.of('chunk-received');
    await vi.waitFor(() => expect(received()).toHaveLength(CHUNKS), { timeout: TOLD_WITHIN_MS });
    expect(new Set(keeper.heard.of('chunk-received').map(({ id }) => id)).size).toBe(1);
    expect(refuser.status().keptChunks).toBe(0);
  });

  it('is kept only as far as the quota goes, a quarter of it for one giver', async () => {
    const quotaBytes = 2 * MiB;
    const network = await createNetwork(0, undefined, { settings: { distribution: SPREADING } });
    const home = network.home('owner');
    owned(home, 0);
    const keeper = await network.start(network.home('keeper'), { store: { quotaBytes } });
    const owner = await network.start(home);
    await keeper.heard.until('chunk-received');
    const rounds = owner.heard.of('distribution-round').length;
    for (let more = 1; more <= 4; more += 1) {
      const from = owner.heard.all.length;
      await owner.heard.until('distribution-round', { from });
    }
    expect(owner.heard.of('distribution-round').length).toBeGreaterThan(rounds);
    const { keptChunks } = keeper.status();
    expect(keptChunks).toBeGreaterThan(0);
    expect(keptChunks).toBeLessThanOrEqual(quotaBytes / 4 / (256 * KiB));
    expect(bytesBelow(join(keeper.home.data, 'chunks'))).toBeLessThanOrEqual(quotaBytes / 4);
    const last = owner.heard.of('distribution-round').at(-1);
    expect(last?.belowTarget).toBeGreaterThan(0);
  });
});

/** Waits until there is nothing left to give; before the first was given there was nothing yet. */
async function spread({ heard }: TestPeer): Promise<void> {
  const first = await heard.until('distribution-round', { where: ({ sent }) => sent > 0 });
  await heard.until('distribution-round', {
    from: heard.all.indexOf(first),
    where: ({ belowTarget, sent }) => belowTarget === 0 && sent === 0,
  });
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
