/** The network as whole peers say it is. */
import { describe, expect, it, vi } from 'vitest';
import type { Topology } from '#src/peer/events.js';
import { createNetwork, knows, type TestPeer } from '#test/support/network.js';

const PATIENCE_MS = 20_000;

/** Asks until everybody has answered: on a busy machine one may be late. */
function whole(peer: TestPeer, size: number): Promise<Topology> {
  return vi.waitFor(
    async () => {
      const topology = await peer.topology();
      const answered = topology.nodes.filter((node) => node.answered).length;
      if (answered < size) throw new Error(`${answered} of ${size} answered`);
      const measured = topology.links.filter(({ rttMs }) => rttMs !== null).length;
      if (measured < topology.links.length) {
        throw new Error(`${measured} of ${topology.links.length} measured`);
      }
      return topology;
    },
    { timeout: PATIENCE_MS, interval: 1100 },
  );
}

describe('the topology of a network', () => {
  it('has every peer once, and every link once with what it takes to answer over it', async () => {
    const { peers } = await createNetwork(6);
    for (const peer of peers) {
      await knows(
        peer,
        peers.filter((other) => other !== peer),
      );
    }
    const [anna] = peers as [TestPeer];
    const { nodes, links } = await whole(anna, peers.length);
    expect(nodes[0]).toMatchObject({ peerId: anna.peerId, name: anna.name, answered: true });
    expect(nodes.map(({ peerId }) => peerId).toSorted()).toEqual(
      peers.map(({ peerId }) => peerId).toSorted(),
    );
    const pairs = links.map(({ a, b }) => `${a} ${b}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(links).toHaveLength((peers.length * (peers.length - 1)) / 2);
    for (const { a, b, rttMs, confirmed } of links) {
      expect(a < b).toBe(true);
      expect(rttMs).toBeGreaterThan(0);
      expect(confirmed).toBe(true);
    }
  });
});
