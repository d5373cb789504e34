/**
 * What announcements tell the mesh: who could become a neighbour, how many neighbours he has, and whether he belongs to
 * another part of a network that was torn in two. An announcement proves nothing, so it may fill no more than a part of
 * what is known of others, and makes this peer ask a stranger for a link only now and then. Time in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { Standing } from '#src/domain/peers/standing.js';
import { type Candidate, FirstContacts } from './first-contacts.js';
import type { MembershipEvent } from './membership-event.js';
import type { Contact } from './membership-message.js';

/** Half of the passive view: the other half is of those who were linked, or told by neighbours. */
const MOST_UNPROVEN = 15;

/** As many as discovery remembers. */
const MOST_LOADS = 1024;

/**
 * Where two parts have become one, the next pulse (20 s) and the next announcements (15 s) say so. Who invents parts
 * gets one question a minute, and every peer of both parts asks, so one that is lost does not matter.
 */
export const FOREIGN_EACH_MS = 60_000;

/** How things are here when an announcement is heard. */
export type Here = {
  /** Where who announces himself is linked, if he is: proven, unlike what he announces. */
  readonly linkedAt: Contact | undefined;
  /** Mark of the own component; 0 as long as it is not known. */
  readonly component: number;
  /** Those who could become neighbours. */
  readonly others: readonly Contact[];
};

export class AnnouncedPeers {
  readonly #first: FirstContacts;
  /** Who was heard last is last. */
  readonly #loads = new Map<PeerId, number>();
  #foreignAt = Number.NEGATIVE_INFINITY;

  /** @param random in [0, 1). */
  constructor(random: () => number) {
    this.#first = new FirstContacts(random);
  }

  get dueAt(): number {
    return this.#first.dueAt;
  }

  linked(contact: Contact, now: number): readonly MembershipEvent[] {
    return this.#heard({ contact, load: this.#loads.get(contact.peerId) ?? 0 }, now);
  }

  announced(
    announced: Contact,
    { load, component }: Standing,
    here: Here,
    now: number,
  ): readonly MembershipEvent[] {
    const contact = here.linkedAt ?? announced;
    this.#remember(contact.peerId, load);
    return [
      ...(isWelcome(contact, here) ? this.#heard({ contact, load }, now) : []),
      ...this.#foreign(contact, component, here, now),
    ];
  }

  /** There is no link with that peer any more. */
  lost(peer: PeerId): void {
    this.#first.remove(peer);
  }

  tick(now: number): readonly MembershipEvent[] {
    return now < this.#first.dueAt ? [] : this.#first.take().map(asHeard);
  }

  #heard(candidate: Candidate, now: number): readonly MembershipEvent[] {
    return this.#first.gather(candidate, now) ? [] : [asHeard(candidate)];
  }

  #foreign(contact: Contact, theirs: number, { component }: Here, now: number): MembershipEvent[] {
    if (component === 0 || theirs === 0 || component === theirs) return [];
    if (now - this.#foreignAt < FOREIGN_EACH_MS) return [];
    this.#foreignAt = now;
    return [{ type: 'foreign', contact }];
  }

  #remember(peer: PeerId, load: number): void {
    this.#loads.delete(peer);
    this.#loads.set(peer, load);
    const [oldest] = this.#loads.keys();
    if (this.#loads.size > MOST_LOADS && oldest !== undefined) this.#loads.delete(oldest);
  }
}

function isWelcome({ peerId }: Contact, { linkedAt, others }: Here): boolean {
  if (linkedAt !== undefined || others.length < MOST_UNPROVEN) return true;
  return others.some((other) => other.peerId === peerId);
}

function asHeard({ contact, load }: Candidate): MembershipEvent {
  return { type: 'heard', contact, load };
}
