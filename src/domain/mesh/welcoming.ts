/** Whom a peer takes for a neighbour when it is asked, and how others hear of one who is new. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import { MOST_ACCEPTED } from './active-view.js';
import { Allowance } from './allowance.js';
import type { Asking } from './asking.js';
import type { Contact, MembershipMessage, Priority } from './membership-message.js';
import type { Views } from './views.js';

/** Of the paper: a newcomer is told to one so many links away, and on the way to one more. */
const JOIN_HOPS = 6;
const PASSIVE_HOPS = 3;

/**
 * How often strangers become neighbours: each costs a summary of history. Who restarts, or was refused everywhere, comes
 * a few times in a minute; in a network of which a tenth is replaced a minute one comes each ten seconds at most.
 */
const TAKEN = {
  ofOne: { perSecond: 0.05, burst: 3 },
  ofAll: { perSecond: 1, burst: 30 },
};

/**
 * How often somebody makes room for a stranger: all five twice at once, then one each two seconds, without which of a
 * thousand who know nobody else some wait for more than a minute.
 */
const EVICTED = {
  ofOne: { perSecond: 0.05, burst: 2 },
  ofAll: { perSecond: 0.5, burst: 10 },
};

/** How often others are told of a stranger: of a thousand who know nobody else each is told of several times in a minute. */
const TOLD = {
  ofOne: { perSecond: 0.2, burst: 5 },
  ofAll: { perSecond: 50, burst: 500 },
};

/** So many are told of whoever was refused: the way of one word may end where nobody has room. */
const SOME = 3;

export class Welcoming {
  readonly #views: Views;
  readonly #asking: Asking;
  /** Whether a dial is made because that peer spoke of somebody. */
  readonly #mayDialFor: (by: PeerId, now: number) => boolean;
  readonly #taken = new Allowance(TAKEN.ofOne, TAKEN.ofAll);
  readonly #evicted = new Allowance(EVICTED.ofOne, EVICTED.ofAll);
  readonly #told = new Allowance(TOLD.ofOne, TOLD.ofAll);

  constructor(views: Views, asking: Asking, mayDialFor: (by: PeerId, now: number) => boolean) {
    this.#views = views;
    this.#asking = asking;
    this.#mayDialFor = mayDialFor;
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
    const isAccepted = isOurs || active.has(peerId) || this.#makeRoom(peerId, priority, now);
    this.#views.send(from, { type: 'neighbour-answer', request, isAccepted });
    if (!isAccepted) {
      this.#views.keep(from);
      // Who has nobody shall have somebody, if not us.
      if (priority !== 'low') this.#tellOf(from, active.sample(SOME), now);
      return;
    }
    if (!active.has(peerId)) this.#views.up(from, isOurs ? 'dialled' : 'accepted', links);
    const others = active.all.map(({ contact }) => contact);
    if (priority === 'join') this.#tellOf(from, others, now);
    this.#asking.fill(now);
  }

  /** Those we trust are taken however often they ask. */
  #makeRoom(asker: PeerId, priority: Priority, now: number): boolean {
    const { active, isTrusted } = this.#views;
    const isFree = active.counts.accepted < MOST_ACCEPTED;
    if (!isTrusted(asker)) {
      if (!isFree && (priority === 'low' || !this.#evicted.take(asker, now))) return false;
      if (!this.#taken.take(asker, now)) return false;
    }
    return isFree || this.#views.evict(active.victimFor(asker));
  }

  #tellOf(joiner: Contact, others: readonly Contact[], now: number): void {
    if (others.length === 0 || !this.#told.take(joiner.peerId, now)) return;
    for (const contact of others) {
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
      const isAsked = this.#asking.mayAsk && this.#mayDialFor(from.peerId, now);
      if (isAsked) this.#asking.ask(joiner, 'low', now);
      else this.#views.keep(joiner);
      return;
    }
    if (ttl === PASSIVE_HOPS) this.#views.keep(joiner);
    this.#views.send(next, { type: 'forward-join', joiner, ttl: Math.min(ttl, JOIN_HOPS) - 1 });
  }
}
