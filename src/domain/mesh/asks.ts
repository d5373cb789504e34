/** Peers that were asked to become neighbours and have not answered. Each is asked once at a time. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import type { Contact, Priority } from './membership-message.js';

/** Longer than dialling takes: an answer that comes later is undone. */
const ANSWER_MS = 12_000;

/** Longer than most take: whoever is alone does not wait only for one, who may be dead. */
const URGENT_MS = 4000;

type Ask = {
  readonly contact: Contact;
  readonly request: number;
  readonly until: number;
  /** Until then he is the one who is to make room. */
  urgentUntil: number | undefined;
};

export class Asks {
  readonly #asks = new Map<PeerId, Ask>();

  get size(): number {
    return this.#asks.size;
  }

  get peers(): Iterable<PeerId> {
    return this.#asks.keys();
  }

  /** Whether one was asked lately who may not refuse. */
  get hasUrgent(): boolean {
    for (const { urgentUntil } of this.#asks.values()) if (urgentUntil !== undefined) return true;
    return false;
  }

  get dueAt(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const { until, urgentUntil = until } of this.#asks.values()) {
      due = Math.min(due, urgentUntil);
    }
    return due;
  }

  has(peer: PeerId): boolean {
    return this.#asks.has(peer);
  }

  add(contact: Contact, request: number, priority: Priority, now: number): void {
    const urgentUntil = priority === 'low' ? undefined : now + URGENT_MS;
    this.#asks.set(contact.peerId, { contact, request, until: now + ANSWER_MS, urgentUntil });
  }

  remove(peer: PeerId): void {
    this.#asks.delete(peer);
  }

  /** @returns whether it is the answer that was waited for. */
  answered(peer: PeerId, request: number): boolean {
    return this.#asks.get(peer)?.request === request && this.#asks.delete(peer);
  }

  /** @returns whether another one may be asked as urgently now. */
  relax(now: number): boolean {
    let isRelaxed = false;
    for (const ask of this.#asks.values()) {
      if (ask.urgentUntil === undefined || now < ask.urgentUntil) continue;
      ask.urgentUntil = undefined;
      isRelaxed = true;
    }
    return isRelaxed;
  }

  /** @returns those who have not answered in time. */
  overdue(now: number): readonly Contact[] {
    const all = [...this.#asks.values()].filter(({ until }) => now >= until);
    return all.map(({ contact }) => contact);
  }
}
