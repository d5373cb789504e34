/** The topology as it was asked for lately: where the network may not be asked again yet, that has to do. */
import { toRecord } from '#src/domain/errors.js';
import type { Topology } from '#src/domain/query/topology.js';
import type { Peer, TopologyOptions } from '#src/peer/api.js';

/** A drawing of the network is hardly wrong by then; whoever waits longer may ask again. */
const RECENT_MS = 60_000;

export class RecentTopology {
  readonly #now: () => number;
  #last:
    | { readonly topology: Topology; readonly hops: number | undefined; readonly at: number }
    | undefined;

  /** @param now monotonic milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Asks anew where that may be. @throws P2pError `limit` where nothing recent is known */
  async ask(peer: Pick<Peer, 'topology'>, options: TopologyOptions): Promise<Topology> {
    try {
      const topology = await peer.topology(options);
      this.#last = { topology, hops: options.hops, at: this.#now() };
      return topology;
    } catch (error) {
      const last = this.#last;
      const isRecent = last !== undefined && this.#now() - last.at < RECENT_MS;
      if (toRecord(error).code !== 'limit' || !isRecent || last.hops !== options.hops) throw error;
      return last.topology;
    }
  }
}
