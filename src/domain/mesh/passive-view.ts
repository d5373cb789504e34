/**
 * Peers that could become neighbours: a sample of the network that stays random, and small however large that is.
 * HyParView's passive view.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { Contact } from './membership-message.js';

/** Leitao, Pereira, Rodrigues (DSN 2007), for 10,000 nodes: six times what is needed, so that most of it may die. */
const MOST = 30;

type Known = { readonly contact: Contact; readonly load: number };

export class PassiveView {
  readonly #random: () => number;
  readonly #isTrusted: (peer: PeerId) => boolean;
  readonly #known = new Map<PeerId, Known>();

  /** @param random in [0, 1). */
  constructor(random: () => number, isTrusted: (peer: PeerId) => boolean) {
    this.#random = random;
    this.#isTrusted = isTrusted;
  }

  get size(): number {
    return this.#known.size;
  }

  has(peer: PeerId): boolean {
    return this.#known.has(peer);
  }

  get(peer: PeerId): Contact | undefined {
    return this.#known.get(peer)?.contact;
  }

  get contacts(): readonly Contact[] {
    return Array.from(this.#known.values(), ({ contact }) => contact);
  }

  /**
   * @param load how many neighbours it has, as far as that is known.
   * @param sent those whom we have just told the other end: they go first where it is full.
   */
  add(contact: Contact, load: number, sent: readonly Contact[] = []): void {
    const { peerId } = contact;
    if (!this.#known.has(peerId) && !this.#hasRoomFor(peerId, sent)) return;
    this.#known.set(peerId, { contact, load });
  }

  remove(peer: PeerId): void {
    this.#known.delete(peer);
  }

  /** @returns so many, each at most once, chosen at random. */
  sample(count: number): readonly Contact[] {
    return this.#shuffled(this.contacts, count);
  }

  /**
   * Of two chosen at random the one with fewer neighbours: that keeps load even (Mitzenmacher 2001, "The Power of Two
   * Choices") and never sends everybody to the same peer, as the least of all would.
   */
  choose(isPossible: (peer: PeerId) => boolean): Contact | undefined {
    const possible = [...this.#known.values()].filter(({ contact }) => isPossible(contact.peerId));
    const [one, other] = this.#shuffled(possible, 2);
    if (one === undefined || other === undefined) return one?.contact;
    return (other.load < one.load ? other : one).contact;
  }

  /** Nobody trusted makes room for a stranger: whoever invents a thousand would push out all others. */
  #hasRoomFor(newcomer: PeerId, sent: readonly Contact[]): boolean {
    if (this.#known.size < MOST) return true;
    const strangers = this.contacts.filter(({ peerId }) => !this.#isTrusted(peerId));
    const told = sent.find(({ peerId }) => strangers.some((one) => one.peerId === peerId));
    const possible =
      this.#isTrusted(newcomer) && strangers.length === 0 ? this.contacts : strangers;
    const victim = told ?? this.#shuffled(possible, 1)[0];
    if (victim !== undefined) this.#known.delete(victim.peerId);
    return victim !== undefined;
  }

  /** Fisher and Yates, as far as it is needed. */
  #shuffled<T>(all: readonly T[], count: number): readonly T[] {
    const items = [...all];
    const taken: T[] = [];
    while (taken.length < count && items.length > 0) {
      const [item] = items.splice(Math.floor(this.#random() * items.length), 1);
      if (item !== undefined) taken.push(item);
    }
    return taken;
  }
}
