/** How the sources of all downloads are dialled: what was found out about one holds for the next download too. */

import {
  SPEAKS_UDP,
  type Transport,
  TransportChoice,
  type TransportSetting,
  type Way,
  type WhyMoved,
} from '#src/domain/download/transport-choice.js';
import type { PeerId } from '#src/domain/ids.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Reach } from '#src/peer/network/linked-peers.js';

/** As many as are known at once: who comes again is told of again. */
const MOST_TOLD = 1024;

export class Transports {
  readonly #choice: TransportChoice;
  readonly #tell: (event: PeerEvent) => void;
  /** Whom the user knows to have no way to. */
  readonly #told = new Set<PeerId>();

  constructor(setting: TransportSetting, tell: (event: PeerEvent) => void) {
    this.#choice = new TransportChoice(setting);
    this.#tell = tell;
  }

  /** @returns undefined where there is none, which the user is told once. */
  way(peer: PeerId, { name, features }: Reach): Way | undefined {
    const way = this.#choice.way(peer, features.includes(SPEAKS_UDP), performance.now());
    if (way === undefined && !this.#told.has(peer)) {
      if (this.#told.size >= MOST_TOLD) this.#told.clear();
      this.#told.add(peer);
      this.#tell({ type: 'notice', code: 'transport', message: `${name}: ${NO_UDP}` });
    }
    return way;
  }

  failed(peer: PeerId, transport: Transport, why: WhyMoved): void {
    this.#choice.failed(peer, transport, why, performance.now());
  }

  connected(peer: PeerId, transport: Transport, { id, name }: DownloadRecord): void {
    const move = this.#choice.connected(peer, transport);
    if (move === undefined) return;
    const { to, why } = move;
    this.#tell({ type: 'source-moved', id, name, peerId: peer, transport: to, why });
  }
}

export const NO_UDP =
  'it gives nothing over UDP, being set to TCP or an older program, and nothing else is allowed here: set transfer.transport to auto here, or to udp or auto there';
