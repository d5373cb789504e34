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
import {
  ActiveView,
  type Direction,
  MOST_ACCEPTED,
  MOST_DIALLED,
  type Neighbour,
  WANTED,
} from './active-view.js';
import { Asks } from './asks.js';
import type { DownReason, MembershipEffect, MembershipEvent } from './membership-event.js';
import type { Contact, LinkCounts, MembershipMessage, Priority } from './membership-message.js';
import { PassiveView } from './passive-view.js';
import { Retrying } from './retrying.js';
import { Shuffling } from './shuffling.js';

/** Of the paper: a newcomer is told to one so many links away, and on the way to one more. */
const JOIN_HOPS = 6;
const PASSIVE_HOPS = 3;

/** Two networks that find each other need one link to become one. */
const MERGE_MS = 5000;

export type MembershipOptions = {
  readonly self: Contact;
  /** @returns a number in [0, 1). */
  readonly random: () => number;
  readonly isTrusted: (peer: PeerId) => boolean;
  readonly now: number;
};

export class Membership {
  readonly #self: Contact;
  readonly #isTrusted: (peer: PeerId) => boolean;
  readonly #active: ActiveView;
  readonly #passive: PassiveView;
  readonly #retrying: Retrying;
  readonly #asks = new Asks();
  readonly #shuffling: Shuffling;
  #lastRequest = 0;
  #mergeAt: number;
  #hasJoined = false;
  #hasLeft = false;
  #effects: MembershipEffect[] = [];

  constructor({ self, random, isTrusted, now }: MembershipOptions) {
    this.#self = self;
    this.#isTrusted = isTrusted;
    this.#active = new ActiveView(random, isTrusted);
    this.#passive = new PassiveView(random, isTrusted);
    this.#retrying = new Retrying(random);
    const [active, passive] = [this.#active, this.#passive];
    const send = this.#send.bind(this);
    const keep = this.#keep.bind(this);
    this.#shuffling = new Shuffling({ self, active, passive, random, send, keep }, now);
    this.#mergeAt = now + MERGE_MS;
  }

  get neighbours(): readonly Neighbour[] {
    return this.#active.all;
  }

  /** How many neighbours it has, by who asked whom. */
  get links(): LinkCounts {
    return this.#active.counts;
  }

  /** Peers that could become neighbours. */
  get others(): readonly Contact[] {
    return this.#passive.contacts;
  }

  /** When to tick next. */
  get dueAt(): number {
    if (this.#hasLeft) return Number.POSITIVE_INFINITY;
    return Math.min(this.#shuffling.dueAt, this.#retrying.dueAt, this.#asks.dueAt);
  }

  take(event: MembershipEvent, now: number): readonly MembershipEffect[] {
    if (!this.#hasLeft) this.#handle(event, now);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
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
        return this.#lost(event.peerId, now);
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
    switch (message.type) {
      case 'neighbour':
        return this.#asked(from, message, now);
      case 'neighbour-answer':
        return this.#answered(from, message, now);
      case 'forward-join':
        return this.#newcomer(from, message, now);
      case 'disconnect':
        return this.#disconnected(from, message.isLeaving, now);
      case 'shuffle':
        this.#correct(from);
        return this.#shuffling.received(from, message);
      case 'shuffle-answer':
        if (this.#shuffling.answered(message)) this.#fill(now);
        return;
      default:
        return unreachable(message);
    }
  }

  #heard(contact: Contact, load: number, now: number): void {
    if (!this.#isOther(contact.peerId)) return;
    this.#retrying.isThere(contact.peerId);
    this.#passive.add(contact, load);
    this.#fill(now);
  }

  #foreign(contact: Contact, now: number): void {
    if (now < this.#mergeAt || !this.#isOther(contact.peerId) || !this.#mayAsk) return;
    this.#mergeAt = now + MERGE_MS;
    this.#ask(contact, 'low', now);
  }

  // Asking, and being asked.

  #asked(
    from: Contact,
    message: Extract<MembershipMessage, { type: 'neighbour' }>,
    now: number,
  ): void {
    const { request, priority, links } = message;
    const { peerId } = from;
    if (peerId === this.#self.peerId) return;
    this.#retrying.isThere(peerId);
    // Both ask each other: the one with the smaller id asked, so that both agree on who did. He answers all the same:
    // his own question may have gone to one who has restarted since.
    const isOurs = this.#asks.has(peerId) && this.#self.peerId < peerId;
    this.#asks.remove(peerId);
    const isAccepted = isOurs || this.#active.has(peerId) || this.#makeRoom(peerId, priority);
    this.#send(from, { type: 'neighbour-answer', request, isAccepted });
    if (!isAccepted) return this.#keep(from);
    if (!this.#active.has(peerId)) this.#up(from, isOurs ? 'dialled' : 'accepted', links);
    if (priority === 'join') this.#tellOfNewcomer(from);
    this.#fill(now);
  }

  #makeRoom(asker: PeerId, priority: Priority): boolean {
    if (this.#active.counts.accepted < MOST_ACCEPTED) return true;
    if (priority === 'low' && !this.#isTrusted(asker)) return false;
    return this.#evict(this.#active.victimFor(asker));
  }

  /** @returns whether there was one. */
  #evict(victim: Neighbour | undefined): boolean {
    if (victim === undefined) return false;
    this.#send(victim.contact, { type: 'disconnect', isLeaving: false });
    this.#down(victim.contact.peerId, 'evicted');
    this.#keep(victim.contact);
    return true;
  }

  #answered(
    from: Contact,
    { request, isAccepted }: Extract<MembershipMessage, { type: 'neighbour-answer' }>,
    now: number,
  ): void {
    const { peerId } = from;
    const wasWaited = this.#asks.answered(peerId, request);
    if (!wasWaited || (isAccepted && !this.#hasRoomFor(peerId))) {
      // It came too late and we have gone on: without this it would take us for a neighbour.
      const isOneSided = isAccepted && !this.#active.has(peerId);
      if (isOneSided) this.#send(from, { type: 'disconnect', isLeaving: false });
      return;
    }
    if (isAccepted) this.#up(from, 'dialled', undefined);
    else this.#retrying.refused(peerId);
    this.#fill(now);
  }

  /** A trusted peer is asked although there are enough: a stranger makes room for him. */
  #hasRoomFor(peer: PeerId): boolean {
    if (this.#active.has(peer)) return false;
    if (this.#active.counts.dialled < MOST_DIALLED) return true;
    return this.#isTrusted(peer) && this.#evict(this.#active.dialledStranger());
  }

  #tellOfNewcomer(joiner: Contact): void {
    for (const { contact } of this.#active.all) {
      if (contact.peerId === joiner.peerId) continue;
      this.#send(contact, { type: 'forward-join', joiner, ttl: JOIN_HOPS });
    }
  }

  #newcomer(
    from: Contact,
    { joiner, ttl }: Extract<MembershipMessage, { type: 'forward-join' }>,
    now: number,
  ): void {
    this.#correct(from);
    if (!this.#isOther(joiner.peerId)) return;
    const next = ttl > 0 ? this.#active.random(from.peerId, joiner.peerId) : undefined;
    if (next === undefined) {
      if (this.#mayAsk) this.#ask(joiner, 'low', now);
      else this.#keep(joiner);
      return;
    }
    if (ttl === PASSIVE_HOPS) this.#keep(joiner);
    this.#send(next, { type: 'forward-join', joiner, ttl: Math.min(ttl, JOIN_HOPS) - 1 });
  }

  #disconnected({ peerId }: Contact, isLeaving: boolean, now: number): void {
    const neighbour = this.#active.get(peerId);
    if (isLeaving) this.#passive.remove(peerId);
    if (neighbour === undefined) return;
    this.#down(peerId, isLeaving ? 'left' : 'evicted');
    if (!isLeaving) {
      this.#keep(neighbour.contact);
      this.#retrying.refused(peerId);
    }
    this.#fill(now);
  }

  /** Word of who is a neighbour may be lost, or be late: both ends are to think the same. */
  #correct(by: Contact): void {
    if (this.#active.has(by.peerId) || this.#asks.has(by.peerId)) return;
    this.#send(by, { type: 'disconnect', isLeaving: false });
  }

  // Losing somebody.

  /** Neighbour or not: who cannot be reached now may be there later. */
  #lost(peerId: PeerId, now: number): void {
    const contact = this.#active.get(peerId)?.contact ?? this.#passive.get(peerId);
    this.#passive.remove(peerId);
    this.#asks.remove(peerId);
    if (this.#active.has(peerId)) this.#down(peerId, 'lost');
    if (contact !== undefined) this.#retrying.lost(contact);
    this.#fill(now);
  }

  #forget(peerId: PeerId, now: number): void {
    const neighbour = this.#active.get(peerId);
    this.#passive.remove(peerId);
    this.#retrying.isThere(peerId);
    this.#asks.remove(peerId);
    if (neighbour === undefined) return;
    this.#send(neighbour.contact, { type: 'disconnect', isLeaving: true });
    this.#down(peerId, 'forgotten');
    this.#fill(now);
  }

  #leave(): void {
    for (const { contact } of this.#active.all) {
      this.#send(contact, { type: 'disconnect', isLeaving: true });
      this.#down(contact.peerId, 'left');
    }
    this.#hasLeft = true;
  }

  // What time brings.

  #tick(now: number): void {
    for (const contact of this.#asks.overdue(now)) {
      // It may have accepted, and the answer was lost.
      this.#send(contact, { type: 'disconnect', isLeaving: false });
      this.#lost(contact.peerId, now);
    }
    if (now >= this.#retrying.dueAt) {
      for (const contact of this.#retrying.again()) this.#keep(contact);
      this.#fill(now);
    }
    if (now >= this.#shuffling.dueAt) this.#shuffling.start(now);
  }

  // The views.

  /** Asks for neighbours as long as some are wanted and somebody is left to ask. */
  #fill(now: number): void {
    this.#fillWithTrusted(now);
    while (this.#active.size + this.#asks.size < WANTED && this.#mayAsk) {
      const contact = this.#passive.choose((peer) => this.#isPossible(peer));
      if (contact === undefined) {
        this.#retrying.later(this.#active.size === 0, now);
        return;
      }
      this.#ask(contact, this.#priority, now);
    }
    if (this.#active.size >= WANTED) this.#retrying.enough();
  }

  /** Whatever strangers do, those we trust are to reach us: they come first, and in place of strangers. */
  #fillWithTrusted(now: number): void {
    const isPossible = (peer: PeerId) => this.#isTrusted(peer) && this.#isPossible(peer);
    for (;;) {
      const asked = [...this.#asks.peers].filter((peer) => this.#isTrusted(peer)).length;
      const { trusted, trustedDialled } = this.#active;
      if (trusted + asked >= WANTED || trustedDialled + this.#asks.size >= MOST_DIALLED) return;
      const contact = this.#passive.choose(isPossible);
      if (contact === undefined) return;
      this.#ask(contact, this.#priority, now);
    }
  }

  #isPossible(peer: PeerId): boolean {
    return !this.#asks.has(peer) && this.#retrying.mayTry(peer);
  }

  /** Only one of those asked at once makes room for somebody who has nobody. */
  get #priority(): Priority {
    if (this.#active.size > 0 || this.#asks.hasUrgent) return 'low';
    return this.#hasJoined ? 'high' : 'join';
  }

  get #mayAsk(): boolean {
    return this.#active.counts.dialled + this.#asks.size < MOST_DIALLED;
  }

  #ask(contact: Contact, priority: Priority, now: number): void {
    if (this.#asks.has(contact.peerId)) return;
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    this.#asks.add(contact, request, priority, now);
    this.#send(contact, { type: 'neighbour', request, priority, links: this.#active.counts });
  }

  #up(contact: Contact, direction: Direction, links: LinkCounts | undefined): void {
    this.#passive.remove(contact.peerId);
    this.#retrying.isThere(contact.peerId);
    this.#active.add({ contact, direction, links });
    this.#hasJoined = true;
    this.#effects.push({ type: 'neighbour-up', peerId: contact.peerId, direction });
  }

  #down(peerId: PeerId, reason: DownReason): void {
    this.#active.remove(peerId);
    this.#effects.push({ type: 'neighbour-down', peerId, reason });
  }

  #isOther(peer: PeerId): boolean {
    return peer !== this.#self.peerId && !this.#active.has(peer);
  }

  /** Somebody who may be asked later; nothing is known of his load. */
  #keep(contact: Contact, sent: readonly Contact[] = []): void {
    const { peerId } = contact;
    if (this.#isOther(peerId) && !this.#passive.has(peerId)) this.#passive.add(contact, 0, sent);
  }

  #send(to: Contact, message: MembershipMessage): void {
    this.#effects.push({ type: 'send', to, message });
  }
}
