/** A link to one peer, on demand: the one there is, or one that is dialled where the peer is or was last seen. */
import { P2pError } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type * as Mesh from '#workers/mesh.js';
import { type NamedPeer, shortPeerId } from './naming.js';
import type { Neighbours } from './neighbours.js';

/** A handshake takes some milliseconds, on a machine that is busy a second; what is switched off answers never. */
const REACH_MS = 5000;

type Waiting = {
  readonly peer: NamedPeer;
  readonly where: string;
  readonly resolve: () => void;
  readonly reject: (error: P2pError) => void;
  readonly timer: NodeJS.Timeout;
};

type ReachingParts = { readonly neighbours: Pick<Neighbours, 'reach' | 'lines' | 'need'> };

export class Reaching {
  readonly #parts: ReachingParts;
  readonly #waiting = new Set<Waiting>();
  #isClosed = false;

  constructor(parts: ReachingParts) {
    this.#parts = parts;
  }

  /**
   * Resolves once it is linked, with what says that the link is needed no more.
   * @throws P2pError `offline`: at once where that is known; `closed`
   */
  async reach(peer: NamedPeer): Promise<() => void> {
    const { neighbours } = this.#parts;
    const { peerId } = peer;
    if (this.#isClosed) throw closed();
    if (neighbours.reach(peerId) !== undefined) return neighbours.need(peerId);
    const line = neighbours.lines().find((row) => row.peerId === peerId);
    const { host, port } = line ?? peer;
    if (host === '' || line?.state === 'down') throw offline(peer);
    const linked = this.#link(peer, hostPortText({ host, port }));
    const release = neighbours.need(peerId, { host, port });
    return linked.then(
      () => release,
      (error: P2pError) => {
        release();
        throw error;
      },
    );
  }

  #link(peer: NamedPeer, where: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(waiting, offline(peer)), REACH_MS);
      const waiting = { peer, where, resolve, reject, timer };
      this.#waiting.add(waiting);
    });
  }

  hearMesh(said: Mesh.Out): void {
    if (said.type === 'link-up' || said.type === 'dial-reached') {
      for (const one of this.#of(said.peerId)) this.#settle(one).resolve();
    }
    if (said.type === 'dial-failed') {
      const where = hostPortText(said);
      for (const one of this.#waiting) {
        if (one.where === where) this.#fail(one, offline(one.peer));
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const one of this.#waiting) this.#fail(one, closed());
  }

  #of(peer: PeerId): readonly Waiting[] {
    return [...this.#waiting].filter((one) => one.peer.peerId === peer);
  }

  #fail(one: Waiting, error: P2pError): void {
    this.#settle(one).reject(error);
  }

  #settle(one: Waiting): Waiting {
    clearTimeout(one.timer);
    this.#waiting.delete(one);
    return one;
  }
}

function offline(peer: NamedPeer): P2pError {
  return new P2pError(
    'offline',
    `${peer.name === '' ? shortPeerId(peer.peerId) : printable(peer.name)} is not here now`,
  );
}

function closed(): P2pError {
  return new P2pError('closed', 'the peer was closed');
}
