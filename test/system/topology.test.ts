/** The network as whole peers say it is. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Topology } from '#src/peer/rows.js';
import type { Hand } from '#test/support/hostile-peer.js';
import { newNetworkKey } from '#test/support/identities.js';
import { createNetwork, knows, seen, type TestPeer } from '#test/support/network.js';
import { startRelay } from '#test/support/relay.js';

/** Twelve peers on a machine that does much else take 20 s. */
const PATIENCE_MS = 60_000;
const WITHIN = { timeout: PATIENCE_MS, interval: 1100 } as const;

/** Asks until everybody has answered: on a busy machine one may be late. */
function whole(peer: TestPeer, size: number): Promise<Topology> {
  return vi.waitFor(async () => {
    const topology = await peer.topology();
    const answered = topology.nodes.filter((node) => node.answered).length;
    if (answered < size) throw new Error(`${answered} of ${size} answered`);
    const measured = topology.links.filter(({ rttMs }) => rttMs !== null).length;
    if (measured < topology.links.length) {
      throw new Error(`${measured} of ${topology.links.length} measured`);
    }
    return topology;
  }, WITHIN);
}

/** @throws if the other, who is linked, has not answered. */
async function near(peer: TestPeer, other: TestPeer): Promise<Topology> {
  const topology = await peer.topology({ hops: 1 });
  const node = topology.nodes.find(({ peerId }) => peerId === other.peerId);
  if (node?.answered !== true) throw new Error(`${other.name} did not answer`);
  return topology;
}

/** Over how many links those questions were to go that came here. */
function hopsHeard({ heard }: Hand): readonly number[] {
  return heard.flatMap(({ message }) => {
    if (message.type !== 'mesh' || message.message.type !== 'gossip') return [];
    const payload = Buffer.from(message.message.payload);
    const at = payload.indexOf('dhops');
    // Below 24 a number is one byte.
    return at === -1 ? [] : [payload.readUInt8(at + 5)];
  });
}

vi.setConfig({ testTimeout: 120_000 });

describe('the topology of a network', () => {
  it('has every peer once, and every link once with what it takes to answer over it', async () => {
    const { peers } = await createNetwork(12);
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

  it('over one hop asks those alone who are linked, and over more those beyond them as well', async () => {
    const { peers } = await createNetwork(2);
    const [anna, ben] = peers as [TestPeer, TestPeer];
    await knows(anna, [ben]);
    const { hands } = await startRelay([ben]);
    const heard = () => hands.flatMap((hand) => hopsHeard(hand));
    const { nodes } = await vi.waitFor(() => near(anna, ben), WITHIN);
    expect(nodes[0]?.peerId).toBe(anna.peerId);
    await vi.waitFor(async () => {
      await anna.topology({ hops: 5 });
      expect(heard()).toContain(5);
    }, WITHIN);
    // What was asked before it came by the same way.
    expect(heard()).not.toContain(1);
  });
});

describe('a private network', () => {
  it('answers its members who is there and who has what, and nothing of it reaches others on its port', async () => {
    const settings = { network: { key: newNetworkKey() } };
    const prepare = ({ share }: { share: string }, index: number) => {
      if (index === 1) writeFileSync(join(share, 'secret film'), 'a film');
    };
    const network = await createNetwork(3, undefined, { settings, prepare });
    const [anna, ben] = network.peers as [TestPeer, TestPeer];
    const outsider = await network.start(network.home('outsider'), { network: {} });
    const other = await network.start(network.home('another'), { network: {} });
    await Promise.all([
      ...network.peers.map((peer) =>
        knows(
          peer,
          network.peers.filter((one) => one !== peer),
        ),
      ),
      knows(outsider, [other]),
    ]);
    const { nodes } = await whole(anna, 3);
    expect(nodes.map(({ peerId }) => peerId).toSorted()).toEqual(
      network.peers.map(({ peerId }) => peerId).toSorted(),
    );
    await seen(anna, 'secret film');
    const [row] = await anna.find('secret film');
    expect(row?.sources.map(({ peerId }) => peerId)).toEqual([ben.peerId]);
    // Those without the key ask each other, and nobody else hears or answers it.
    const open = await whole(outsider, 2);
    expect(open.nodes.map(({ peerId }) => peerId).toSorted()).toEqual(
      [outsider.peerId, other.peerId].toSorted(),
    );
    expect(await outsider.find('secret film')).toEqual([]);
    const told = JSON.stringify([outsider.heard.all, outsider.peers(), open]);
    for (const { peerId } of network.peers) expect(told).not.toContain(peerId);
  });
});
