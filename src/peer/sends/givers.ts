/** Peers that send something to this one alone: they list it to nobody, so no catalogue says that they have it. */
import { Subject } from 'rxjs';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';

export class Givers {
  /** By whom, and by which of his offers: one that ends takes nothing from another of the same content. */
  readonly #givers = new Map<ContentId, Map<PeerId, Set<OfferId>>>();
  readonly #linked = new Set<PeerId>();
  readonly #changed = new Subject<readonly ContentId[]>();

  /** Contents of which somebody is a giver now who was none, or the other way round. */
  get changed() {
    return this.#changed.asObservable();
  }

  /** Those of them that are linked. */
  of(id: ContentId): readonly PeerId[] {
    return [...(this.#givers.get(id)?.keys() ?? [])].filter((peer) => this.#linked.has(peer));
  }

  isLinked(peer: PeerId): boolean {
    return this.#linked.has(peer);
  }

  add(id: ContentId, peer: PeerId, offer: OfferId): void {
    const givers = this.#givers.get(id) ?? new Map<PeerId, Set<OfferId>>();
    const offers = givers.get(peer) ?? new Set();
    this.#givers.set(id, givers.set(peer, offers.add(offer)));
    this.#changed.next([id]);
  }

  remove(id: ContentId, peer: PeerId, offer: OfferId): void {
    const givers = this.#givers.get(id);
    const offers = givers?.get(peer);
    if (givers === undefined || offers?.delete(offer) !== true || offers.size > 0) return;
    givers.delete(peer);
    if (givers.size === 0) this.#givers.delete(id);
    this.#changed.next([id]);
  }

  linked(peer: PeerId): void {
    this.#linked.add(peer);
    this.#tell(peer);
  }

  unlinked(peer: PeerId): void {
    this.#linked.delete(peer);
    this.#tell(peer);
  }

  /** The mesh began a new life: no link stands. */
  unlinkedAll(): void {
    for (const peer of this.#linked) this.unlinked(peer);
  }

  #tell(peer: PeerId): void {
    const ids = [...this.#givers].flatMap(([id, givers]) => (givers.has(peer) ? [id] : []));
    if (ids.length > 0) this.#changed.next(ids);
  }
}
