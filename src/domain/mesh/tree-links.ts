/** The links with neighbours: over which of them messages travel, and over which only word of them. */
import type { PeerId } from '#src/domain/ids.js';

export class TreeLinks {
  /** They get messages. */
  readonly #eager = new Set<PeerId>();
  /** They hear of them. */
  readonly #lazy = new Set<PeerId>();

  get eager(): ReadonlySet<PeerId> {
    return this.#eager;
  }

  get lazy(): ReadonlySet<PeerId> {
    return this.#lazy;
  }

  has(peer: PeerId): boolean {
    return this.#eager.has(peer) || this.#lazy.has(peer);
  }

  add(peer: PeerId): void {
    // Until a message comes twice nobody knows which links are too many.
    if (!this.#lazy.has(peer)) this.#eager.add(peer);
  }

  /** @returns whether messages travelled over it. */
  remove(peer: PeerId): boolean {
    this.#lazy.delete(peer);
    return this.#eager.delete(peer);
  }

  /** Who is no neighbour stays none. */
  makeEager(peer: PeerId): void {
    if (this.#lazy.delete(peer)) this.#eager.add(peer);
  }

  /** Who is no neighbour stays none. */
  makeLazy(peer: PeerId): void {
    if (this.#eager.delete(peer)) this.#lazy.add(peer);
  }
}
