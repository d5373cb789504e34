/** Peers that are there and cannot be talked to: the user is told of each once. */
import { hostPortText } from '#src/domain/host-port.js';
import type * as Mesh from '#workers/mesh.js';
import type { PeerEvent } from './events.js';

export class Strangers {
  readonly #tell: (event: PeerEvent) => void;
  readonly #told = new Set<string>();

  constructor(tell: (event: PeerEvent) => void) {
    this.#tell = tell;
  }

  /** A dial led nowhere: with both versions, or that it is in another network, it is told where it led. */
  unlinked({ host, port, error }: Extract<Mesh.Out, { type: 'dial-failed' }>): void {
    const where = hostPortText({ host, port });
    const isNews = error.code === 'version' || error.code === 'network';
    if (!isNews || this.#told.has(where)) return;
    this.#told.add(where);
    const message = error.code === 'version' ? `${where}: ${error.message}` : error.message;
    this.#tell({ type: 'notice', code: error.code, message });
  }
}
