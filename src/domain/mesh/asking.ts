/**
 * Whom a peer asks to be its neighbour: as long as it wants some and knows somebody, those it trusts before strangers, and
 * again later whoever refused or was lost. Time in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import { type Bucket, takeToken } from '#src/domain/rates/token-bucket.js';
import { MOST_DIALLED, WANTED } from './active-view.js';
import { Asks } from './asks.js';
import type { Contact, MembershipMessage, Priority } from './membership-message.js';
import { Retrying } from './retrying.js';
import type { Views } from './views.js';

/**
 * How often strangers are dialled: what is known of them is what others say. Twice all that one knows at once, since of
 * those most may be dead; then still more than there are to find.
 */
const STRANGERS = { perSecond: 1, burst: 60 };

export class Asking {
  readonly #views: Views;
  readonly #retrying: Retrying;
  readonly #asks = new Asks();
  #lastRequest = 0;
  #strangers: Bucket | undefined;
  /** When the next stranger may be dialled, where one is to be. */
  #nextAt = Number.POSITIVE_INFINITY;

  /** @param random in [0, 1). */
  constructor(views: Views, random: () => number) {
    this.#views = views;
    this.#retrying = new Retrying(random);
  }

  get dueAt(): number {
    return Math.min(this.#retrying.dueAt, this.#asks.dueAt, this.#nextAt);
  }

  /** Whether that peer was asked and has not answered. */
  has(peer: PeerId): boolean {
    return this.#asks.has(peer);
  }

  /** Whether one more may be asked. */
  get mayAsk(): boolean {
    return this.#views.active.counts.dialled + this.#asks.size < MOST_DIALLED;
  }

  /** It showed that it is there. */
  isThere(peer: PeerId): void {
    this.#retrying.isThere(peer);
  }

  /** It has somebody else now. */
  refused(peer: PeerId): void {
    this.#retrying.refused(peer);
  }

  /** Its answer is not waited for any more. */
  drop(peer: PeerId): void {
    this.#asks.remove(peer);
  }

  ask(contact: Contact, priority: Priority, now: number): void {
    if (this.#asks.has(contact.peerId)) return;
    this.#lastRequest += 1;
    const request = this.#lastRequest;
    this.#asks.add(contact, request, priority, now);
    const links = this.#views.active.counts;
    this.#views.send(contact, { type: 'neighbour', request, priority, links });
  }

  answered(
    from: Contact,
    { request, isAccepted }: Extract<MembershipMessage, { type: 'neighbour-answer' }>,
    now: number,
  ): void {
    const { peerId } = from;
    const wasWaited = this.#asks.answered(peerId, request);
    if (!wasWaited || (isAccepted && !this.hasRoomFor(peerId))) {
      // It came too late and we have gone on: without this it would take us for a neighbour.
      const isOneSided = isAccepted && !this.#views.active.has(peerId);
      if (isOneSided) this.#views.send(from, { type: 'disconnect', isLeaving: false });
      return;
    }
    if (isAccepted) {
      this.#retrying.isThere(peerId);
      this.#views.up(from, 'dialled', undefined);
    } else this.#retrying.refused(peerId);
    this.fill(now);
  }

  /** A trusted peer is asked although there are enough: a stranger makes room for him. */
  hasRoomFor(peer: PeerId): boolean {
    const { active, isTrusted } = this.#views;
    if (active.has(peer)) return false;
    if (active.counts.dialled < MOST_DIALLED) return true;
    return isTrusted(peer) && this.#views.evict(active.dialledStranger());
  }

  /** Neighbour or not: who cannot be reached now may be there later. */
  lost(peerId: PeerId, now: number): void {
    const { active, passive } = this.#views;
    const contact = active.get(peerId)?.contact ?? passive.get(peerId);
    passive.remove(peerId);
    this.#asks.remove(peerId);
    if (active.has(peerId)) this.#views.down(peerId, 'lost');
    if (contact !== undefined) this.#retrying.lost(contact);
    this.fill(now);
  }

  tick(now: number): void {
    for (const contact of this.#asks.overdue(now)) {
      // It may have accepted, and the answer was lost.
      this.#views.send(contact, { type: 'disconnect', isLeaving: false });
      this.lost(contact.peerId, now);
    }
    // Those who refused when they might may not refuse the next urgent question.
    const isUrgent = this.#asks.relax(now) && this.#views.active.size === 0;
    if (isUrgent || now >= this.#retrying.dueAt) {
      for (const contact of this.#retrying.again()) this.#views.keep(contact);
      this.fill(now);
    } else if (now >= this.#nextAt) this.fill(now);
  }

  /** Asks for neighbours as long as some are wanted and somebody is left to ask. */
  fill(now: number): void {
    const { active, passive } = this.#views;
    this.#nextAt = Number.POSITIVE_INFINITY;
    this.#fillWithTrusted(now);
    while (active.size + this.#asks.size < WANTED && this.mayAsk) {
      const contact = passive.choose((peer) => this.#isPossible(peer));
      if (contact === undefined) {
        this.#retrying.later(active.size === 0, now);
        return;
      }
      if (!this.#mayDialStranger(now)) return;
      this.ask(contact, this.#priority, now);
    }
    if (active.size >= WANTED) this.#retrying.enough();
  }

  /** Whatever strangers do, those we trust are to reach us: they come first, and in place of strangers. */
  #fillWithTrusted(now: number): void {
    const { active, passive, isTrusted } = this.#views;
    const isPossible = (peer: PeerId) => isTrusted(peer) && this.#isPossible(peer);
    for (;;) {
      const asked = [...this.#asks.peers].filter((peer) => isTrusted(peer)).length;
      const { trusted, trustedDialled } = active;
      if (trusted + asked >= WANTED || trustedDialled + this.#asks.size >= MOST_DIALLED) return;
      const contact = passive.choose(isPossible);
      if (contact === undefined) return;
      this.ask(contact, this.#priority, now);
    }
  }

  #mayDialStranger(now: number): boolean {
    const bucket = takeToken(this.#strangers, STRANGERS, now);
    if (bucket !== undefined) this.#strangers = bucket;
    else this.#nextAt = now + 1000 / STRANGERS.perSecond;
    return bucket !== undefined;
  }

  #isPossible(peer: PeerId): boolean {
    return !this.#asks.has(peer) && this.#retrying.mayTry(peer);
  }

  /** Only one of those asked at once makes room for somebody who has nobody. */
  get #priority(): Priority {
    if (this.#views.active.size > 0 || this.#asks.hasUrgent) return 'low';
    return this.#views.hasJoined ? 'high' : 'join';
  }
}
