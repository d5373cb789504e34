/** Peers that were asked to become neighbours and have not answered. Each is asked once at a time. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import type { Contact, Priority } from './membership-message.js';

/** Longer than dialling takes: an answer that comes later is undone. */
const ANSWER_MS = 12_000;

type Ask = {
  readonly contact: Contact;
  readonly request: number;
  readonly priority: Priority;
  readonly until: number;
};

export class Asks {
  readonly #asks = new Map<PeerId, Ask>();

  get size(): number {
    return this.#asks.size;
  }

  get peers(): Iterable<PeerId> {
    return this.#asks.keys();
  }

  /** Whether one was asked who may not refuse. */
  get hasUrgent(): boolean {
    for (const { priority } of this.#asks.values()) if (priority !== 'low') return true;
    return false;
  }

  get dueAt(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const { until } of this.#asks.values()) due = Math.min(due, until);
    return due;
  }

  has(peer: PeerId): boolean {
    return this.#asks.has(peer);
  }

  add(contact: Contact, request: number, priority: Priority, now: number): void {
    this.#asks.set(contact.peerId, { contact, request, priority, until: now + ANSWER_MS });
  }

  remove(peer: PeerId): void {
    this.#asks.delete(peer);
  }

  /** @returns whether it is the answer that was waited for. */
  answered(peer: PeerId, request: number): boolean {
    return this.#asks.get(peer)?.request === request && this.#asks.delete(peer);
  }

  /** @returns those who have not answered in time. */
  overdue(now: number): readonly Contact[] {
    const all = [...this.#asks.values()].filter(({ until }) => now >= until);
    return all.map(({ contact }) => contact);
  }
}
