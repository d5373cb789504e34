/** What is found beyond the peers that are linked, by whole peers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { DownloadError } from '#src/peer/downloads/download-error.js';
import { createNetwork, knows, seen, type TestPeer } from '#test/support/network.js';
import { startRelay } from '#test/support/relay.js';

const PATIENCE_MS = 20_000;
const SILENT = { discovery: { enabled: false } } as const;

/** Two peers that never hear of each other, and somebody who passes on between them what is said to all. */
async function apart() {
  const prepare = ({ share }: { share: string }, index: number) => {
    if (index === 1) writeFileSync(join(share, 'film'), 'a film');
  };
  const network = await createNetwork(2, undefined, { settings: SILENT, prepare });
  const [anna, ben] = network.peers as [TestPeer, TestPeer];
  await ben.heard.until('share-added');
  const relay = await startRelay([anna, ben]);
  return { anna, ben, relay };
}

/** Asks until it is there: on a busy machine an answer may be late. */
function found(peer: TestPeer, word: string) {
  return vi.waitFor(
    async () => {
      const rows = await peer.find(word);
      if (rows.length === 0) throw new Error(`${word} is not found`);
      return rows;
    },
    { timeout: PATIENCE_MS, interval: 1100 },
  );
}

describe('finding', () => {
  it('names those who are linked and have it, what is here, and nobody where nobody has it', async () => {
    const prepare = ({ share }: { share: string }, index: number) => {
      if (index > 0) writeFileSync(join(share, 'film'), 'a film');
    };
    const { peers } = await createNetwork(3, undefined, { prepare });
    const [anna, ben, carl] = peers as [TestPeer, TestPeer, TestPeer];
    await seen(anna, 'film', 2);
    const [row, ...others] = await anna.find('film');
    expect(others).toEqual([]);
    expect(row).toMatchObject({ name: 'film', bytes: 6, chunks: 1, have: 0, path: null });
    const sources = [ben, carl].map(({ peerId, name }) => ({
      peerId,
      name,
      have: 1,
      linked: true,
    }));
    expect(row?.sources.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(sources);
    const [own] = await ben.find(row?.id.slice(0, 6) ?? '');
    expect(own).toMatchObject({ have: 1, path: join(ben.home.share, 'film') });
    expect(await anna.find('nothing of this name')).toEqual([]);
  });

  it('asks beyond those who are linked, and who has it answers without a link', async () => {
    const { anna, ben } = await apart();
    const [row] = await found(anna, 'film');
    const source = { peerId: ben.peerId, name: ben.name, have: 1, linked: false };
    expect(row).toMatchObject({ name: 'film', bytes: 6, chunks: 1, sources: [source] });
    expect(anna.heard.of('peer-up').some(({ peerId }) => peerId === ben.peerId)).toBe(false);
    const { nodes, links } = await anna.topology();
    expect(nodes.map(({ peerId }) => peerId)).toContain(ben.peerId);
    expect(links.some(({ a, b }) => [a, b].includes(ben.peerId))).toBe(true);
  });

  it('answers nobody who is blocked', async () => {
    const { anna, ben } = await apart();
    await found(anna, 'film');
    await ben.block(anna.peerId);
    expect(await anna.find('film')).toEqual([]);
    await ben.unblock(anna.peerId);
    expect(await found(anna, 'film')).toHaveLength(1);
    await anna.block(ben.peerId);
    expect(await anna.find('film')).toEqual([]);
  });
});

describe('a download', () => {
  it('comes from a peer with whom there was no link', async () => {
    const { anna, ben } = await apart();
    const { path, sources } = await anna.download('film');
    expect(readFileSync(path, 'utf8')).toBe('a film');
    expect(sources).toMatchObject([{ peerId: ben.peerId, chunks: 1 }]);
    await knows(anna, [ben]);
  });

  it('of what nobody has is not found, although everybody was asked', async () => {
    const { anna } = await apart();
    await expect(anna.download('something else')).rejects.toMatchObject({ code: 'not-found' });
    const failure = await anna.download('other').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DownloadError);
  });
});
