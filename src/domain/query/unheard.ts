/** Who is named in answers and has not answered himself: while there is nobody, everybody has. */
import type { PeerId } from '#src/domain/ids.js';
import type { Testimony } from './topology.js';

export class Unheard {
  readonly #heard = new Set<PeerId>();
  readonly #named = new Set<PeerId>();

  /** Takes no more than this one answer's own links to look at. */
  hear({ peerId, links }: Pick<Testimony, 'peerId' | 'links'>): void {
    this.#heard.add(peerId);
    this.#named.delete(peerId);
    for (const { peerId: named } of links) {
      if (!this.#heard.has(named)) this.#named.add(named);
    }
  }

  get isNobody(): boolean {
    return this.#named.size === 0;
  }
}
