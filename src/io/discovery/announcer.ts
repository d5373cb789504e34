/** Announces this peer on the network, and notices when that reaches somewhere else than before. */
import type { Claim } from '#src/domain/discovery/announcement.js';
import type { Self } from '#src/domain/peers/self.js';
import type { Standing } from '#src/domain/peers/standing.js';
import type { AnnouncerKey } from '#src/wire/announcement.js';
import type { DiscoveryNetwork } from './discovery-network.js';
import type { Reach } from './discovery-sockets.js';

export class Announcer {
  readonly #network: Pick<DiscoveryNetwork, 'announce'>;
  readonly #self: Pick<Self, 'ports' | 'instance'>;
  readonly #key: AnnouncerKey;
  #reach: Reach = { reached: [], failed: [], failures: 0 };

  constructor(
    network: Pick<DiscoveryNetwork, 'announce'>,
    { ports, instance }: Pick<Self, 'ports' | 'instance'>,
    key: AnnouncerKey,
  ) {
    this.#network = network;
    this.#self = { ports, instance };
    this.#key = key;
  }

  /** Where the last announcement went out and where not. */
  get reach(): Reach {
    return this.#reach;
  }

  /**
   * Never rejects; resolves once every interface has taken the datagram or refused it.
   * @returns whether it reached others than the one before, or others refused it.
   */
  async announce({
    flag,
    sequence,
    load,
    component,
  }: Pick<Claim, 'flag' | 'sequence'> & Standing): Promise<boolean> {
    const fields = { flag, ...this.#self, sequence, load, component };
    const reach = await this.#network.announce(fields, this.#key);
    const isNews = shapeOf(reach) !== shapeOf(this.#reach);
    this.#reach = reach;
    return isNews;
  }
}

/** How often it has failed so far is no news. */
function shapeOf({ reached, failed }: Reach): string {
  return JSON.stringify([reached, failed]);
}
