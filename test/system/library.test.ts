import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Peer } from '#src/peer.js';
import { createNetwork, type TestPeer } from '#test/support/network.js';

async function lonePeer(): Promise<TestPeer> {
  const network = await createNetwork(1, undefined, {
    prepare: ({ share }) => writeFileSync(join(share, 'mine'), 'my own'),
  });
  const [peer] = network.peers;
  if (peer === undefined) throw new Error('no peer');
  return peer;
}

type Method = 'download' | 'share' | 'unshare' | 'list' | 'add';

/** A call as a program makes it that no compiler looks at. */
function unchecked(peer: Peer, method: Method, ...given: readonly unknown[]): Promise<unknown> {
  const call = peer[method] as (...all: readonly unknown[]) => Promise<unknown>;
  return call(...given);
}

describe('a program', () => {
  it('that gives a method something else than it takes is told so by a P2pError', async () => {
    const peer = await lonePeer();
    const wrong: readonly (readonly [Method, ...unknown[]])[] = [
      ['download'],
      ['download', ''],
      ['download', 5],
      ['download', 'mine', null],
      ['download', 'mine', { from: 5 }],
      ['download', 'mine', { to: 5 }],
      ['download', 'mine', { signal: 5 }],
      ['share'],
      ['share', 5],
      ['unshare'],
      ['list', 5],
      ['add', 5],
    ];
    for (const [method, ...given] of wrong) {
      const call = unchecked(peer, method, ...given);
      await expect(call, `${method} ${given.join()}`).rejects.toMatchObject({
        name: 'P2pError',
        code: 'usage',
        message: expect.stringContaining(method),
      });
    }
  });

  it('that goes on asking a closed peer is told that it is closed', async () => {
    const peer = await lonePeer();
    await peer.close();
    for (const [method, given] of [
      ['list', 'mine'],
      ['share', peer.home.share],
      ['unshare', 'mine'],
      ['add', '127.0.0.1:9'],
    ] as const) {
      await expect(unchecked(peer, method, given), method).rejects.toMatchObject({
        name: 'P2pError',
        code: 'closed',
      });
    }
    await expect(peer.download('mine')).rejects.toMatchObject({ code: 'cancelled' });
    expect(peer.peers()).toEqual([]);
    expect(peer.status().peerId).toBe(peer.peerId);
  });

  it('that closes a peer while it asks for the list still gets it, without waiting for catalogues', async () => {
    const peer = await lonePeer();
    await peer.heard.until('share-added');
    const list = peer.list();
    await peer.close();
    expect(await list).toMatchObject([{ name: 'mine' }]);
  });
});
