/** Who is at work with which peers: their links are not given to others meanwhile. */
import type { PeerId } from '#src/domain/ids.js';
import type { Address } from '#src/domain/peers/peer-row.js';
import type { Of } from '#src/domain/peers/peer-table-state.js';

export class Needs {
  readonly #tell: (event: Of<'needed' | 'needed-no-more'>) => void;
  /** How many need each. */
  readonly #counts = new Map<PeerId, number>();

  constructor(tell: (event: Of<'needed' | 'needed-no-more'>) => void) {
    this.#tell = tell;
  }

  /** @param address where to dial it, if it is not linked. @returns what ends it; more than once is the same. */
  begin(peerId: PeerId, address?: Address): () => void {
    this.#counts.set(peerId, (this.#counts.get(peerId) ?? 0) + 1);
    this.#tell({ type: 'needed', peerId, ...(address && { address }) });
    let isOver = false;
    return () => {
      if (!isOver) this.#end(peerId);
      isOver = true;
    };
  }

  #end(peerId: PeerId): void {
    const left = (this.#counts.get(peerId) ?? 0) - 1;
    if (left > 0) {
      this.#counts.set(peerId, left);
      return;
    }
    this.#counts.delete(peerId);
    this.#tell({ type: 'needed-no-more', peerId });
  }
}
