/**
 * A peer that is linked with some others and passes on between them what is said to everybody, and nothing else: they
 * never hear of each other by it. So they are one network in which not everybody is linked with everybody.
 */
import type { PeerId } from '#src/domain/ids.js';
import { type Hand, introduce } from './hostile-peer.js';
import { newIdentity } from './identities.js';

type Place = { readonly peerId: PeerId; readonly ports: { readonly mesh: number } };

export type Relay = {
  readonly peerId: PeerId;
  /** In the order of the peers. */
  readonly hands: readonly Hand[];
};

export async function startRelay(peers: readonly Place[]): Promise<Relay> {
  const identity = await newIdentity();
  const hands = await Promise.all(
    peers.map(({ ports }) => introduce(ports.mesh, 'link', identity)),
  );
  for (const hand of hands) {
    hand.send({ type: 'offer', fresh: true, complete: true, changed: [], removed: [] });
    const links = { dialled: 0, accepted: 0 };
    const ask = { type: 'neighbour', request: 1, priority: 'high', links } as const;
    hand.send({ type: 'mesh', message: ask });
    hand.onEach(({ message }) => {
      if (message.type !== 'mesh' || message.message.type !== 'gossip') return;
      const { round } = message.message;
      const passed = { ...message, message: { ...message.message, round: round + 1 } };
      for (const other of hands) if (other !== hand) other.send(passed);
    });
  }
  await Promise.all(hands.map(isNeighbour));
  return { peerId: identity.peerId, hands };
}

/** Resolves once the other has taken it for a neighbour. */
function isNeighbour(hand: Hand): Promise<void> {
  return new Promise((resolve) => {
    hand.onEach(({ message }) => {
      if (message.type === 'mesh' && message.message.type === 'neighbour-answer') resolve();
    });
  });
}
