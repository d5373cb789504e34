import { describe, expect, it } from 'vitest';
import { MeshSimulation } from '#test/support/mesh-simulation.js';

describe('a mesh of a hundred peers', () => {
  it('brings each message to all, once, over few links each', () => {
    const mesh = new MeshSimulation({ seed: 1 });
    for (let peers = 0; peers < 100; peers += 1) {
      mesh.join();
      mesh.run(20);
    }
    mesh.run(10_000);
    for (let messages = 0; messages < 5; messages += 1) {
      const author = mesh.peers[messages * 17];
      const id = author === undefined ? undefined : mesh.say(author);
      mesh.run(5000);
      for (const peer of mesh.peers) expect(peer.shownAt.has(id as never)).toBe(true);
    }
    for (const { membership, shownTwice } of mesh.peers) {
      expect(membership.links.dialled).toBeLessThanOrEqual(5);
      expect(membership.links.accepted).toBeLessThanOrEqual(5);
      expect(shownTwice).toBe(0);
    }
  });
});
