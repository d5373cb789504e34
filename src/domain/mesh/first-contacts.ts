/**
 * Whom a newcomer asks first. It hears of everybody within a moment, and if it asked whoever is heard first, those who
 * answer fastest would have all newcomers; so it gathers them, and asks those with fewer neighbours. Time in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { Contact } from './membership-message.js';

/** Others answer a newcomer within 120 ms, and a link takes some more. Who is alone may as well wait for that. */
export const GATHERING_MS = 250;

/** As many as the passive view knows: more could not be remembered afterwards. */
const MOST = 30;

export type Candidate = { readonly contact: Contact; readonly load: number };

export class FirstContacts {
  readonly #random: () => number;
  readonly #gathered = new Map<PeerId, Candidate>();
  #isOver = false;
  /** When to take them. */
  dueAt = Number.POSITIVE_INFINITY;

  /** @param random in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** @returns whether it is kept until `take`; after that nobody is. */
  gather(candidate: Candidate, now: number): boolean {
    if (this.#isOver) return false;
    if (this.#gathered.size === 0) this.dueAt = now + GATHERING_MS;
    const { peerId } = candidate.contact;
    if (this.#gathered.has(peerId) || this.#gathered.size < MOST)
      this.#gathered.set(peerId, candidate);
    return true;
  }

  remove(peer: PeerId): void {
    this.#gathered.delete(peer);
  }

  /**
   * @returns all, those to be asked first in front: again and again, of two chosen at random the one with fewer
   * neighbours (Mitzenmacher 2001). The least of all would send every newcomer to the same few, and whoever lies
   * about his neighbours would have every newcomer.
   */
  take(): readonly Candidate[] {
    this.#isOver = true;
    this.dueAt = Number.POSITIVE_INFINITY;
    const left = [...this.#gathered.values()];
    this.#gathered.clear();
    const order: Candidate[] = [];
    while (left.length > 0) {
      const chosen = this.#betterOfTwo(left);
      order.push(...left.splice(chosen, 1));
    }
    return order;
  }

  /** @returns its place. */
  #betterOfTwo(all: readonly Candidate[]): number {
    const one = Math.floor(this.#random() * all.length);
    // Another one, where there is one.
    const other = (one + 1 + Math.floor(this.#random() * (all.length - 1))) % all.length;
    return loadAt(all, other) < loadAt(all, one) ? other : one;
  }
}

function loadAt(all: readonly Candidate[], place: number): number {
  return all[place]?.load ?? Number.POSITIVE_INFINITY;
}
