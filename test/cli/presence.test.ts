/** Whom a word means that a one-shot command waits for. */
import { describe, expect, it } from 'vitest';
import { appeared } from '#src/cli/presence.js';
import type { PeerId } from '#src/domain/ids.js';
import type { PeerRow } from '#src/peer/rows.js';
import { TrustList } from '#src/peer/trust/trust-list.js';
import { createFakePeer } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';

const TRUSTED = `${'b'.repeat(51)}a` as PeerId;
const STRANGER = `${'b'.repeat(50)}ca` as PeerId;

const BEN = { name: 'ben', host: '127.0.0.1', port: 1, state: 'up', trust: 'known' } as const;
const rowOf = (peerId: PeerId): PeerRow => ({ peerId, ...BEN });

/** With a user who trusts one who is called ben. */
async function sceneOf(peers: readonly PeerRow[]) {
  const data = newFolder();
  const trust = await TrustList.open(data);
  const { host, port } = rowOf(TRUSTED);
  trust.set({ peerId: TRUSTED, state: 'trusted', name: 'ben', host, port });
  await trust.save();
  const over = new Promise<never>(() => undefined);
  return { data, over, peer: createFakePeer({ peers }) };
}

const BOTH = [rowOf(STRANGER), rowOf(TRUSTED)];

describe('a word that the trusted one is called by', () => {
  it.each(['ben', 'bbbb'])('means him, whoever else is called so (%s)', async (word) => {
    const { peerId } = await appeared(word, await sceneOf(BOTH), 1000);
    expect(peerId).toBe(TRUSTED);
  });

  it.each(['ben', 'bbbb'])('means nobody else where he is not here (%s)', async (word) => {
    const appearing = appeared(word, await sceneOf([rowOf(STRANGER)]), 50);
    await expect(appearing).rejects.toMatchObject({
      code: 'offline',
      message: expect.stringContaining('is not the one you trust'),
    });
  });

  it('is no id: that means the one whose it is', async () => {
    const { peerId } = await appeared(STRANGER, await sceneOf(BOTH), 1000);
    expect(peerId).toBe(STRANGER);
  });
});
