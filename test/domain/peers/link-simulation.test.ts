import { describe, expect, it } from 'vitest';
import { LinkNetwork } from '#test/support/link-network.js';
import { randomFrom } from '#test/support/random.js';

const SEEDS = Array.from({ length: 400 }, (_, seed) => seed);

function expectOneLinkEach(network: LinkNetwork, seed: number): void {
  const { nodes } = network;
  for (const one of nodes) {
    for (const other of nodes) {
      if (one === other) continue;
      const wire = network.wireBetween(one, other);
      expect(wire, `seed ${seed}: ${one.id} has no link to ${other.id}`).toBeDefined();
      expect(network.wireBetween(other, one), `seed ${seed}: two links`).toBe(wire);
    }
  }
  const pairs = (nodes.length * (nodes.length - 1)) / 2;
  expect(network.openWires, `seed ${seed}: connections left over`).toBe(pairs);
}

function forEachPair(network: LinkNetwork, visit: (...pair: typeof network.nodes) => void): void {
  for (const one of network.nodes) {
    for (const other of network.nodes) if (one !== other) visit(one, other);
  }
}

describe.each([2, 3])('%i peers that dial each other at random times', (count) => {
  it('end with one and the same link on both sides, without ever telling one down', () => {
    for (const seed of SEEDS) {
      const random = randomFrom(seed);
      const network = new LinkNetwork(random, count);
      forEachPair(network, (one, other) => {
        if (one === undefined || other === undefined) return;
        const known = random() < 0.5;
        network.later(random() * 600, () => network.dial(one, other, known));
      });
      network.run();
      expectOneLinkEach(network, seed);
      expect(network.downs, `seed ${seed}`).toBe(0);
    }
  });

  it('end with one and the same link after the network broke between dials', () => {
    for (const seed of SEEDS) {
      const random = randomFrom(seed);
      const network = new LinkNetwork(random, count);
      forEachPair(network, (one, other) => {
        if (one === undefined || other === undefined) return;
        for (let time = 0; time < 3; time += 1) {
          network.later(random() * 900, () => network.dial(one, other, random() < 0.5));
        }
        network.later(random() * 900, () => network.sever(one, other));
      });
      network.run();
      forEachPair(network, (one, other) => {
        if (one !== undefined && other !== undefined) network.dial(one, other, true);
      });
      network.run();
      expectOneLinkEach(network, seed);
    }
  });
});
