/** Who is linked, and where each can be asked for content. The distributor is told of all who come and go. */
import type { PeerId } from '#src/domain/ids.js';
import type { Ports } from '#src/domain/ports.js';
import type * as Distributor from '#workers/distributor.js';

/** Where a linked peer can be asked for content. */
export type Reach = {
  readonly host: string;
  readonly ports: Ports;
  readonly name: string;
  readonly features: readonly string[];
};

export class LinkedPeers {
  readonly #reach = new Map<PeerId, Reach>();
  readonly #order: (order: Distributor.In) => void;

  constructor(order: (order: Distributor.In) => void) {
    this.#order = order;
  }

  get all(): readonly PeerId[] {
    return [...this.#reach.keys()];
  }

  reach(peer: PeerId): Reach | undefined {
    return this.#reach.get(peer);
  }

  up(peer: PeerId, reach: Reach): void {
    this.#reach.set(peer, reach);
    this.#order(upOrder(peer, reach));
  }

  /** Nothing for who is not linked. */
  rename(peer: PeerId, name: string): void {
    const reach = this.#reach.get(peer);
    if (reach !== undefined) this.#reach.set(peer, { ...reach, name });
  }

  down(peer: PeerId): void {
    this.#reach.delete(peer);
    this.#order({ type: 'peer-down', peerId: peer });
  }

  /** What a distributor that starts anew is told. */
  distributorOrders(): readonly Distributor.In[] {
    return Array.from(this.#reach, ([peer, reach]) => upOrder(peer, reach));
  }
}

function upOrder(peerId: PeerId, { host, ports }: Reach): Distributor.In {
  return { type: 'peer-up', peerId, host, port: ports.receiver };
}
