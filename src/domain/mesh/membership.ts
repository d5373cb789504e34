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
import type { Contact, LinkCounts, MembershipMessage, Priority } from './membership-message.js';
import { PassiveView } from './passive-view.js';
import { Retrying } from './retrying.js';

/** Of the paper: a newcomer is told to one so many links away, and on the way to one more. */
const JOIN_HOPS = 6;
const PASSIVE_HOPS = 3;

/** Of the paper: how many of each view are told, and how far. */
const SHUFFLED_ACTIVE = 3;
const SHUFFLED_PASSIVE = 4;
const SHUFFLE_HOPS = 6;
/** Views of 30 turn over in minutes; a shuffle costs some kilobytes all along its way. */
const SHUFFLE_MS = 30_000;

/** Longer than dialling takes: an answer that comes later is undone. */
const ASK_MS = 12_000;

/** Two networks that find each other need one link to become one. */
const MERGE_MS = 5000;

export type MembershipEvent =
  /** Somebody was heard of who can be dialled. `load`: how many neighbours it says it has. */
  | { readonly type: 'heard'; readonly contact: Contact; readonly load: number }
  /** Somebody was heard of who belongs to a network that is not ours. */
  | { readonly type: 'foreign'; readonly contact: Contact }
  | { readonly type: 'received'; readonly from: Contact; readonly message: MembershipMessage }
  /** There is no link with that peer any more. */
  | { readonly type: 'lost'; readonly peerId: PeerId }
  /** What was to be sent to that peer will not arrive: it cannot be dialled. */
  | { readonly type: 'unreachable'; readonly peerId: PeerId }
  /** That peer is not to be a neighbour: blocked, or too old. */
  | { readonly type: 'forget'; readonly peerId: PeerId }
  | { readonly type: 'tick' }
  /** The peer stops. */
  | { readonly type: 'leave' };

/** `lost`: no link; `evicted`: it has, or we have, somebody else now; `left`: it stopped; `forgotten`: not wanted here. */
export type DownReason = 'lost' | 'evicted' | 'left' | 'forgotten';

export type MembershipEffect =
  | { readonly type: 'send'; readonly to: Contact; readonly message: MembershipMessage }
  | { readonly type: 'neighbour-up'; readonly peerId: PeerId; readonly direction: Direction }
  | { readonly type: 'neighbour-down'; readonly peerId: PeerId; readonly reason: DownReason };

export type MembershipOptions = {
  readonly self: Contact;
  /** @returns a number in [0, 1). */
  readonly random: () => number;
  readonly isTrusted: (peer: PeerId) => boolean;
  readonly now: number;
};

type Ask = { readonly request: number; readonly priority: Priority; readonly until: number };

export class Membership {
  readonly #self: Contact;
  readonly #random: () => number;
  readonly #isTrusted: (peer: PeerId) => boolean;
  readonly #active: ActiveView;
  readonly #passive: PassiveView;
  readonly #retrying: Retrying;
  readonly #asks = new Map<PeerId, Ask>();
  #lastRequest = 0;
  #shuffle: { readonly request: number; readonly sent: readonly Contact[] } | undefined;
  #shuffleAt: number;
  #mergeAt: number;
  #hasJoined = false;
  #hasLeft = false;
  #effects: MembershipEffect[] = [];

  constructor({ self, random, isTrusted, now }: MembershipOptions) {
    this.#self = self;
    this.#random = random;
    this.#isTrusted = isTrusted;
    this.#active = new ActiveView(random, isTrusted);
    this.#passive = new PassiveView(random);
    this.#retrying = new Retrying(random);
    this.#shuffleAt = now + SHUFFLE_MS * random();
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
    let due = Math.min(this.#shuffleAt, this.#retrying.dueAt);
    for (const { until } of this.#asks.values()) due = Math.min(due, until);
    return this.#hasLeft ? Number.POSITIVE_INFINITY : due;
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
        return this.#shuffled(from, message);
      case 'shuffle-answer':
        return this.#shuffleAnswered(message, now);
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
    if (this.#asks.has(peerId)) {
      // Both ask each other: the one with the smaller id asked, so that both agree on who did.
      if (this.#self.peerId < peerId) return;
      this.#asks.delete(peerId);
    }
    const isAccepted = this.#active.has(peerId) || this.#makeRoom(peerId, priority);
    this.#send(from, { type: 'neighbour-answer', request, isAccepted });
    if (!isAccepted) return this.#keep(from);
    if (!this.#active.has(peerId)) this.#up(from, 'accepted', links);
    if (priority === 'join') this.#tellOfNewcomer(from);
    this.#fill(now);
  }

  #makeRoom(asker: PeerId, priority: Priority): boolean {
    if (this.#active.counts.accepted < MOST_ACCEPTED) return true;
    if (priority === 'low' && !this.#isTrusted(asker)) return false;
    const victim = this.#active.victimFor(asker);
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
    if (this.#asks.get(peerId)?.request !== request) {
      // It came too late and we have gone on: without this it would take us for a neighbour.
      const isOneSided = isAccepted && !this.#active.has(peerId);
      if (isOneSided) this.#send(from, { type: 'disconnect', isLeaving: false });
      return;
    }
    this.#asks.delete(peerId);
    if (isAccepted) this.#up(from, 'dialled', undefined);
    else this.#retrying.refused(peerId);
    this.#fill(now);
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

  // Losing somebody.

  /** Neighbour or not: who cannot be reached now may be there later. */
  #lost(peerId: PeerId, now: number): void {
    const contact = this.#active.get(peerId)?.contact ?? this.#passive.get(peerId);
    this.#passive.remove(peerId);
    this.#asks.delete(peerId);
    if (this.#active.has(peerId)) this.#down(peerId, 'lost');
    if (contact !== undefined) this.#retrying.lost(contact);
    this.#fill(now);
  }

  #forget(peerId: PeerId, now: number): void {
    const neighbour = this.#active.get(peerId);
    this.#passive.remove(peerId);
    this.#retrying.isThere(peerId);
    this.#asks.delete(peerId);
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
    for (const [peerId, { until }] of this.#asks) if (now >= until) this.#lost(peerId, now);
    if (now >= this.#retrying.dueAt) {
      for (const contact of this.#retrying.again()) this.#keep(contact);
      this.#fill(now);
    }
    if (now >= this.#shuffleAt) this.#startShuffle(now);
  }

  #startShuffle(now: number): void {
    // Not all at once, where many were started together.
    this.#shuffleAt = now + SHUFFLE_MS * (0.5 + this.#random());
    const to = this.#active.random();
    if (to === undefined) return;
    const neighbours = this.#active.all.map(({ contact }) => contact);
    const others = neighbours.filter(({ peerId }) => peerId !== to.peerId).slice(-SHUFFLED_ACTIVE);
    const sent = [...others, ...this.#passive.sample(SHUFFLED_PASSIVE)];
    const request = this.#newRequest();
    this.#shuffle = { request, sent };
    const message = { type: 'shuffle', request, origin: this.#self, ttl: SHUFFLE_HOPS } as const;
    this.#send(to, { ...message, sample: sent });
  }

  #shuffled(from: Contact, message: Extract<MembershipMessage, { type: 'shuffle' }>): void {
    const { request, origin, ttl, sample } = message;
    if (origin.peerId === this.#self.peerId) return;
    const next = ttl > 1 ? this.#active.random(from.peerId, origin.peerId) : undefined;
    if (next !== undefined) {
      this.#send(next, { ...message, ttl: Math.min(ttl, SHUFFLE_HOPS) - 1 });
      return;
    }
    const answer = this.#passive.sample(sample.length);
    this.#send(origin, { type: 'shuffle-answer', request, sample: answer });
    this.#keepAll([...sample, origin], answer);
  }

  #shuffleAnswered(
    { request, sample }: Extract<MembershipMessage, { type: 'shuffle-answer' }>,
    now: number,
  ): void {
    // Nobody fills our view unasked.
    if (this.#shuffle?.request !== request) return;
    this.#keepAll(sample, this.#shuffle.sent);
    this.#shuffle = undefined;
    this.#fill(now);
  }

  // The views.

  /** Asks for neighbours as long as some are wanted and somebody is left to ask. */
  #fill(now: number): void {
    while (this.#active.size + this.#asks.size < WANTED && this.#mayAsk) {
      const contact = this.#candidate();
      if (contact === undefined) {
        this.#retrying.later(this.#active.size === 0, now);
        return;
      }
      this.#ask(contact, this.#priority, now);
    }
    if (this.#active.size >= WANTED) this.#retrying.enough();
  }

  #candidate(): Contact | undefined {
    const isPossible = (peer: PeerId) => !this.#asks.has(peer) && this.#retrying.mayTry(peer);
    const trusted = this.#passive.choose((peer) => this.#isTrusted(peer) && isPossible(peer));
    return trusted ?? this.#passive.choose(isPossible);
  }

  /** Only one of those asked at once makes room for somebody who has nobody. */
  get #priority(): Priority {
    const isUrgent = [...this.#asks.values()].some(({ priority }) => priority !== 'low');
    if (this.#active.size > 0 || isUrgent) return 'low';
    return this.#hasJoined ? 'high' : 'join';
  }

  get #mayAsk(): boolean {
    return this.#active.counts.dialled + this.#asks.size < MOST_DIALLED;
  }

  #ask(contact: Contact, priority: Priority, now: number): void {
    if (this.#asks.has(contact.peerId)) return;
    const request = this.#newRequest();
    this.#asks.set(contact.peerId, { request, priority, until: now + ASK_MS });
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

  #keepAll(sample: readonly Contact[], sent: readonly Contact[]): void {
    for (const contact of sample) this.#keep(contact, sent);
  }

  #newRequest(): number {
    this.#lastRequest += 1;
    return this.#lastRequest;
  }

  #send(to: Contact, message: MembershipMessage): void {
    this.#effects.push({ type: 'send', to, message });
  }
}
