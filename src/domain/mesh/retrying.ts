/**
 * Whom not to ask again for now, and when to begin anew: those who refused, those who were lost. Asking without a pause,
 * where all have as many neighbours as they can, would go on for ever. Time in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { Contact } from './membership-message.js';

/** A peer that restarts is there again after that; doubled each time nobody was found. */
const FIRST_MS = 1000;
/** Nobody stays alone for longer than this though others are back; who has a neighbour already is in no hurry. */
const LONGEST_ALONE_MS = 15_000;
const LONGEST_MS = 300_000;

/** As many as may become neighbours: what was lost at once, with a cable, is back at once. */
const MOST_LOST = 30;

/** Where doubling reached the longest wait. */
const MOST_ROUNDS = 20;

export class Retrying {
  readonly #random: () => number;
  readonly #refused = new Set<PeerId>();
  readonly #lost = new Map<PeerId, Contact>();
  #rounds = 0;
  dueAt = Number.POSITIVE_INFINITY;

  /** @param random in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  mayTry(peer: PeerId): boolean {
    return !this.#refused.has(peer) && !this.#lost.has(peer);
  }

  refused(peer: PeerId): void {
    this.#refused.add(peer);
  }

  /** It does not answer any more: it may later. */
  lost(contact: Contact): void {
    this.#lost.delete(contact.peerId);
    this.#lost.set(contact.peerId, contact);
    const [oldest] = this.#lost.keys();
    if (this.#lost.size > MOST_LOST && oldest !== undefined) this.#lost.delete(oldest);
  }

  /** It showed that it is there. */
  isThere(peer: PeerId): void {
    this.#lost.delete(peer);
  }

  /** Nobody is left to ask. @param isAlone whether there is no neighbour at all. */
  later(isAlone: boolean, now: number): void {
    const isWorthwhile = this.#refused.size > 0 || this.#lost.size > 0;
    if (!isWorthwhile) return;
    const longest = isAlone ? LONGEST_ALONE_MS : LONGEST_MS;
    const wait = Math.min(longest, FIRST_MS * 2 ** this.#rounds);
    if (this.dueAt <= now + wait) return;
    // Not all at once, where many lost the same neighbour.
    this.dueAt = now + wait * (0.5 + 0.5 * this.#random());
    this.#rounds = Math.min(this.#rounds + 1, MOST_ROUNDS);
  }

  /** All may be asked again. @returns those who were lost. */
  again(): readonly Contact[] {
    this.dueAt = Number.POSITIVE_INFINITY;
    const lost = [...this.#lost.values()];
    this.#lost.clear();
    this.#refused.clear();
    return lost;
  }

  /** There are as many neighbours as are wanted. */
  enough(): void {
    this.#rounds = 0;
  }
}
