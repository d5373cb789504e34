/** Peers that send something to this one alone: they list it to nobody, so no catalogue says that they have it. */
import { Subject } from 'rxjs';
import type { ContentId, PeerId } from '#src/domain/ids.js';

export class Givers {
  readonly #givers = new Map<ContentId, Set<PeerId>>();
  readonly #linked = new Set<PeerId>();
  readonly #changed = new Subject<readonly ContentId[]>();

  /** Contents of which somebody is a giver now who was none, or the other way round. */
  get changed() {
    return this.#changed.asObservable();
  }

  /** Those of them that are linked. */
  of(id: ContentId): readonly PeerId[] {
    return [...(this.#givers.get(id) ?? [])].filter((peer) => this.#linked.has(peer));
  }

  isLinked(peer: PeerId): boolean {
    return this.#linked.has(peer);
  }

  add(id: ContentId, peer: PeerId): void {
    const givers = this.#givers.get(id) ?? new Set();
    this.#givers.set(id, givers.add(peer));
    this.#changed.next([id]);
  }

  remove(id: ContentId, peer: PeerId): void {
    const givers = this.#givers.get(id);
    if (givers?.delete(peer) !== true) return;
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
