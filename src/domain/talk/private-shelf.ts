/**
 * Which private messages are kept, so that nobody fills the disk of another: the newest of each peer, in number, and
 * of all of them, in number and bytes. Where all together are too many, the oldest of whoever has most goes: nobody
 * drives out what others said. What waits to be delivered stays; whoever lets it wait has bounded it.
 */
import type { PeerId } from '#src/domain/ids.js';
import { MiB } from '#src/domain/limits.js';

export type Shelved = {
  readonly key: string;
  /** The one it is from or to, who is not this peer. */
  readonly other: PeerId;
  readonly bytes: number;
  readonly isWaiting: boolean;
};

export type ShelfLimits = {
  readonly ofOne: number;
  readonly ofAll: number;
  readonly bytes: number;
};

const SHELF_LIMITS: ShelfLimits = {
  /** What two people say in some weeks. */
  ofOne: 500,
  /** They are in memory too: about 10 KB each at most. */
  ofAll: 5000,
  bytes: 16 * MiB,
};

type Pile<T> = { readonly items: Map<string, T>; bytes: number };

export class PrivateShelf<T extends Shelved> {
  readonly #limits: ShelfLimits;
  /** By the other peer; in each the oldest first. */
  readonly #piles = new Map<PeerId, Pile<T>>();
  #count = 0;
  #bytes = 0;

  constructor(limits: ShelfLimits = SHELF_LIMITS) {
    this.#limits = limits;
  }

  /** Adds one, or puts it in place of the one with its key. @returns those that are kept no longer. */
  put(item: T): readonly T[] {
    const pile = this.#piles.get(item.other) ?? { items: new Map<string, T>(), bytes: 0 };
    this.#piles.set(item.other, pile);
    this.#count += pile.items.has(item.key) ? 0 : 1;
    const grown = item.bytes - (pile.items.get(item.key)?.bytes ?? 0);
    pile.bytes += grown;
    this.#bytes += grown;
    pile.items.set(item.key, item);
    return this.#trimmed(pile);
  }

  /** Of one peer, or of all; the oldest first. */
  all(other?: PeerId): readonly T[] {
    const piles = other === undefined ? [...this.#piles.values()] : [this.#piles.get(other)];
    const items = piles.flatMap((pile) => [...(pile?.items.values() ?? [])]);
    return items.toSorted((one, two) => (one.key < two.key ? -1 : 1));
  }

  #trimmed(pile: Pile<T>): readonly T[] {
    const gone: T[] = [];
    if (pile.items.size > this.#limits.ofOne) gone.push(...this.#drop(pile));
    while (this.#count > this.#limits.ofAll || this.#bytes > this.#limits.bytes) {
      const dropped = this.#drop(this.#largest());
      if (dropped.length === 0) return gone;
      gone.push(...dropped);
    }
    return gone;
  }

  #largest(): Pile<T> | undefined {
    let largest: Pile<T> | undefined;
    for (const pile of this.#piles.values()) {
      const canGive = [...pile.items.values()].some(({ isWaiting }) => !isWaiting);
      if (canGive && pile.bytes > (largest?.bytes ?? 0)) largest = pile;
    }
    return largest;
  }

  #drop(pile: Pile<T> | undefined): readonly T[] {
    const oldest = [...(pile?.items.values() ?? [])].find(({ isWaiting }) => !isWaiting);
    if (pile === undefined || oldest === undefined) return [];
    pile.items.delete(oldest.key);
    pile.bytes -= oldest.bytes;
    this.#bytes -= oldest.bytes;
    this.#count -= 1;
    if (pile.items.size === 0) this.#piles.delete(oldest.other);
    return [oldest];
  }
}
