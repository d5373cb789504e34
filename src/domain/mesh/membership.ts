/**
 * Who is whose neighbour: HyParView (Leitao, Pereira, Rodrigues, "HyParView: a membership protocol for reliable
 * gossip-based broadcast", DSN 2007), with what its users had to learn since. A peer has some neighbours, with whom it
 * keeps a link, and knows some more peers, of whom it takes one when it loses a neighbour. So the network holds together
 * although nobody knows all of it, and heals wherever it is torn.
 *
 * Pure: whoever runs it tells what happens, ticks when it is due, and carries the effects out. Time is monotonic, in
 * milliseconds. A message to somebody with whom there is no link is a reason to dial him.
 */
import type { PeerId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Neighbour } from './active-view.js';
import { Allowance } from './allowance.js';
import { Asking } from './asking.js';
import type { MembershipEffect, MembershipEvent } from './membership-event.js';
import type { Contact, LinkCounts, MembershipMessage } from './membership-message.js';
import { Shuffling } from './shuffling.js';
import { Views, type ViewsOptions } from './views.js';
import { Welcoming } from './welcoming.js';

/** Two networks that find each other need one link to become one. */
const MERGE_MS = 5000;

/**
 * How often a neighbour may speak of others. Where a tenth of all is replaced a minute, and all shuffle each 30 s, that is
 * 15 a minute from all together; a thousand who come at once through one peer are five a second for some time.
 */
const HEARSAY = {
  ofOne: { perSecond: 5, burst: 50 },
  ofAll: { perSecond: 20, burst: 200 },
};

/**
 * How often somebody is dialled because of that: he may be invented, or somebody's victim. An honest network needs five a
 * minute; a newcomer among newcomers some at once.
 */
const DIALLED = {
  ofOne: { perSecond: 0.2, burst: 10 },
  ofAll: { perSecond: 0.5, burst: 20 },
};

export type MembershipOptions = ViewsOptions & { readonly now: number };

export class Membership {
  readonly #views: Views;
  readonly #asking: Asking;
  readonly #welcoming: Welcoming;
  readonly #shuffling: Shuffling;
  readonly #hearsay = new Allowance(HEARSAY.ofOne, HEARSAY.ofAll);
  #mergeAt: number;
  #hasLeft = false;

  constructor({ now, ...options }: MembershipOptions) {
    const { self, random } = options;
    this.#views = new Views(options);
    this.#asking = new Asking(this.#views, random);
    const dialled = new Allowance(DIALLED.ofOne, DIALLED.ofAll);
    const mayDialFor = dialled.take.bind(dialled);
    this.#welcoming = new Welcoming(this.#views, this.#asking, mayDialFor);
    const { active, passive } = this.#views;
    const send = this.#views.send.bind(this.#views);
    const keep = this.#views.keep.bind(this.#views);
    const known = { self, active, passive };
    this.#shuffling = new Shuffling({ ...known, random, send, keep, mayDialFor }, now);
    this.#mergeAt = now + MERGE_MS;
  }

  get neighbours(): readonly Neighbour[] {
    return this.#views.active.all;
  }

  /** How many neighbours it has, by who asked whom. */
  get links(): LinkCounts {
    return this.#views.active.counts;
  }

  /** Peers that could become neighbours. */
  get others(): readonly Contact[] {
    return this.#views.passive.contacts;
  }

  /** When to tick next. */
  get dueAt(): number {
    if (this.#hasLeft) return Number.POSITIVE_INFINITY;
    return Math.min(this.#shuffling.dueAt, this.#asking.dueAt);
  }

  take(event: MembershipEvent, now: number): readonly MembershipEffect[] {
    if (!this.#hasLeft) this.#handle(event, now);
    return this.#views.taken();
  }

  #handle(event: MembershipEvent, now: number): void {
    switch (event.type) {
      case 'heard':
        return this.#heard(event.contact, event.load, now);
      case 'foreign':
        return this.#foreign(event.contact, now);
      case 'received':
        return this.#received(event.from, event.message, now);
      case 'taken-for-neighbour':
        return this.#correct(event.by);
      case 'lost':
      case 'unreachable':
        return this.#asking.lost(event.peerId, now);
      case 'left':
        this.#asking.drop(event.peerId);
        return this.#disconnected(event.peerId, true, now);
      case 'forget':
        return this.#forget(event.peerId, now);
      case 'tick':
        return this.#tick(now);
      case 'leave':
        return this.#leave();
      default:
        return unreachable(event);
    }
  }

  #received(from: Contact, message: MembershipMessage, now: number): void {
    if (from.peerId === this.#views.self.peerId) return;
    switch (message.type) {
      case 'neighbour':
        return this.#welcoming.asked(from, message, now);
      case 'neighbour-answer':
        return this.#asking.answered(from, message, now);
      case 'forward-join':
        this.#correct(from);
        if (this.#hearsay.take(from.peerId, now)) this.#welcoming.told(from, message, now);
        return;
      case 'disconnect':
        return this.#disconnected(from.peerId, message.isLeaving, now);
      case 'shuffle':
        this.#correct(from);
        if (this.#hearsay.take(from.peerId, now)) this.#shuffling.received(from, message, now);
        return;
      case 'shuffle-answer':
        if (this.#shuffling.answered(message)) this.#asking.fill(now);
        return;
      default:
        return unreachable(message);
    }
  }

  #heard(contact: Contact, load: number, now: number): void {
    if (!this.#views.isOther(contact.peerId)) return;
    this.#asking.isThere(contact.peerId);
    this.#views.passive.add(contact, load);
    this.#asking.fill(now);
  }

  #foreign(contact: Contact, now: number): void {
    if (now < this.#mergeAt || !this.#views.isOther(contact.peerId) || !this.#asking.mayAsk) return;
    this.#mergeAt = now + MERGE_MS;
    this.#asking.ask(contact, 'low', now);
  }

  #disconnected(peerId: PeerId, isLeaving: boolean, now: number): void {
    const neighbour = this.#views.active.get(peerId);
    if (isLeaving) this.#views.passive.remove(peerId);
    if (neighbour === undefined) return;
    this.#views.down(peerId, isLeaving ? 'left' : 'evicted');
    if (!isLeaving) {
      this.#views.keep(neighbour.contact);
      this.#asking.refused(peerId);
    }
    this.#asking.fill(now);
  }

  /** Word of who is a neighbour may be lost, or be late: both ends are to think the same. */
  #correct(by: Contact): void {
    if (!this.#views.isOther(by.peerId) || this.#asking.has(by.peerId)) return;
    this.#views.send(by, { type: 'disconnect', isLeaving: false });
  }

  #forget(peerId: PeerId, now: number): void {
    const neighbour = this.#views.active.get(peerId);
    this.#views.passive.remove(peerId);
    this.#asking.isThere(peerId);
    this.#asking.drop(peerId);
    if (neighbour === undefined) return;
    this.#views.send(neighbour.contact, { type: 'disconnect', isLeaving: true });
    this.#views.down(peerId, 'forgotten');
    this.#asking.fill(now);
  }

  #leave(): void {
    for (const { contact } of this.#views.active.all) {
      this.#views.send(contact, { type: 'disconnect', isLeaving: true });
      this.#views.down(contact.peerId, 'left');
    }
    this.#hasLeft = true;
  }

  #tick(now: number): void {
    this.#asking.tick(now);
    if (now >= this.#shuffling.dueAt) this.#shuffling.start(now);
  }
}
