/** Invented peers who want to be everybody's neighbours, and pass nothing on. Time in milliseconds. */
import type { MeshSimulation } from './mesh-simulation.js';
import type { SimulatedPeer } from './simulated-peer.js';

/** All of them together ask each honest peer so often. */
const ASK_MS = 200;

/** They pretend to have nobody, since who has nobody is not refused; and they announce themselves. */
export function keepSybilsAsking(
  simulation: MeshSimulation,
  sybils: readonly SimulatedPeer[],
  honest: readonly SimulatedPeer[],
): void {
  let turn = 0;
  simulation.every(ASK_MS, () => {
    for (const victim of honest) {
      const sybil = sybils[turn % sybils.length];
      turn += 1;
      if (sybil === undefined) continue;
      const links = { dialled: 0, accepted: 0 };
      const priority = turn % 2 === 0 ? 'join' : 'high';
      const message = { type: 'neighbour', request: turn, priority, links } as const;
      simulation.send(sybil, victim.contact.peerId, { kind: 'membership', message });
    }
  });
}
