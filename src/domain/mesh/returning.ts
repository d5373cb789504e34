/**
 * Peers whose links were lost and are there again. Where a network was cut, each part has become a mesh of its own in
 * which nobody lacks neighbours and asks for more: so whoever comes back is asked once. Pure; time in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { Contact } from './membership-message.js';

/** Two parts need one link to become one: nobody asks all who come back at once. As seldom as membership lets one ask. */
const ASK_MS = 5000;

/** As many peers as are known at once. */
const MOST_AWAY = 1024;

export class Returning {
  /** Lost longest ago first. */
  readonly #away = new Set<PeerId>();
  readonly #back = new Map<PeerId, Contact>();
  #mayAskAt = Number.NEGATIVE_INFINITY;

  /** When to tick next. */
  get dueAt(): number {
    return this.#back.size === 0 ? Number.POSITIVE_INFINITY : this.#mayAskAt;
  }

  lost(peerId: PeerId): void {
    this.#back.delete(peerId);
    this.#away.delete(peerId);
    this.#away.add(peerId);
    const [oldest] = this.#away;
    if (this.#away.size > MOST_AWAY && oldest !== undefined) this.#away.delete(oldest);
  }

  linked(contact: Contact): void {
    if (this.#away.delete(contact.peerId)) this.#back.set(contact.peerId, contact);
  }

  neighbour(peerId: PeerId): void {
    this.#back.delete(peerId);
  }

  /** @returns who is to be asked now. */
  tick(now: number): Contact | undefined {
    if (now < this.dueAt) return undefined;
    const [next] = this.#back.values();
    if (next !== undefined) this.#back.delete(next.peerId);
    this.#mayAskAt = now + ASK_MS;
    return next;
  }
}
