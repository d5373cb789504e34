/** Whom a peer takes for a neighbour when it is asked, and how others hear of one who is new. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import { MOST_ACCEPTED } from './active-view.js';
import type { Asking } from './asking.js';
import type { Contact, MembershipMessage, Priority } from './membership-message.js';
import type { Views } from './views.js';

/** Of the paper: a newcomer is told to one so many links away, and on the way to one more. */
const JOIN_HOPS = 6;
const PASSIVE_HOPS = 3;

export class Welcoming {
  readonly #views: Views;
  readonly #asking: Asking;

  constructor(views: Views, asking: Asking) {
    this.#views = views;
    this.#asking = asking;
  }

  asked(
    from: Contact,
    message: Extract<MembershipMessage, { type: 'neighbour' }>,
    now: number,
  ): void {
    const { request, priority, links } = message;
    const { peerId } = from;
    const { active, self } = this.#views;
    this.#asking.isThere(peerId);
    // Both ask each other: the one with the smaller id asked, so that both agree on who did. He answers all the same:
    // his own question may have gone to one who has restarted since.
    const isOlder = this.#asking.has(peerId) && self.peerId < peerId;
    const isOurs = isOlder && this.#asking.hasRoomFor(peerId);
    this.#asking.drop(peerId);
    const isAccepted = isOurs || active.has(peerId) || this.#makeRoom(peerId, priority);
    this.#views.send(from, { type: 'neighbour-answer', request, isAccepted });
    if (!isAccepted) return this.#views.keep(from);
    if (!active.has(peerId)) this.#views.up(from, isOurs ? 'dialled' : 'accepted', links);
    if (priority === 'join') this.#tellOfNewcomer(from);
    this.#asking.fill(now);
  }

  #makeRoom(asker: PeerId, priority: Priority): boolean {
    const { active, isTrusted } = this.#views;
    if (active.counts.accepted < MOST_ACCEPTED) return true;
    if (priority === 'low' && !isTrusted(asker)) return false;
    return this.#views.evict(active.victimFor(asker));
  }

  #tellOfNewcomer(joiner: Contact): void {
    for (const { contact } of this.#views.active.all) {
      if (contact.peerId === joiner.peerId) continue;
      this.#views.send(contact, { type: 'forward-join', joiner, ttl: JOIN_HOPS });
    }
  }

  /** Somebody is new elsewhere. */
  told(
    from: Contact,
    { joiner, ttl }: Extract<MembershipMessage, { type: 'forward-join' }>,
    now: number,
  ): void {
    if (!this.#views.isOther(joiner.peerId)) return;
    const next = ttl > 0 ? this.#views.active.random(from.peerId, joiner.peerId) : undefined;
    if (next === undefined) {
      if (this.#asking.mayAsk) this.#asking.ask(joiner, 'low', now);
      else this.#views.keep(joiner);
      return;
    }
    if (ttl === PASSIVE_HOPS) this.#views.keep(joiner);
    this.#views.send(next, { type: 'forward-join', joiner, ttl: Math.min(ttl, JOIN_HOPS) - 1 });
  }
}
