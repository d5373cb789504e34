/** The neighbours a peer has: few, however large the network, and as many asked for as taken on. HyParView's active view. */
import type { PeerId } from '#src/domain/ids.js';
import type { Contact, LinkCounts } from './membership-message.js';

/**
 * Five either way: log10 of 10,000 and one (Leitao, Pereira, Rodrigues 2007), and as few as one can lose four of at once.
 */
export const MOST_DIALLED = 5;
export const MOST_ACCEPTED = 5;

/** Whoever has fewer asks for more. */
export const WANTED = 5;

/** Whoever has asked so many, and taken on none, only takes. */
const TAKER_DIALLED = 3;

/** Who asked whom. */
export type Direction = 'dialled' | 'accepted';

export type Neighbour = {
  readonly contact: Contact;
  readonly direction: Direction;
  /** What it had when it asked; of one that we asked nothing is known. */
  readonly links: LinkCounts | undefined;
};

export class ActiveView {
  readonly #random: () => number;
  readonly #isTrusted: (peer: PeerId) => boolean;
  readonly #neighbours = new Map<PeerId, Neighbour>();

  /** @param random in [0, 1). */
  constructor(random: () => number, isTrusted: (peer: PeerId) => boolean) {
    this.#random = random;
    this.#isTrusted = isTrusted;
  }

  get size(): number {
    return this.#neighbours.size;
  }

  get counts(): LinkCounts {
    let dialled = 0;
    for (const { direction } of this.#neighbours.values())
      dialled += Number(direction === 'dialled');
    return { dialled, accepted: this.#neighbours.size - dialled };
  }

  /** How many of them are trusted. */
  get trusted(): number {
    return this.#trusted().length;
  }

  /** How many of those were asked. */
  get trustedDialled(): number {
    return this.#trusted().filter(({ direction }) => direction === 'dialled').length;
  }

  has(peer: PeerId): boolean {
    return this.#neighbours.has(peer);
  }

  get(peer: PeerId): Neighbour | undefined {
    return this.#neighbours.get(peer);
  }

  get all(): readonly Neighbour[] {
    return [...this.#neighbours.values()];
  }

  add(neighbour: Neighbour): void {
    this.#neighbours.set(neighbour.contact.peerId, neighbour);
  }

  remove(peer: PeerId): Neighbour | undefined {
    const neighbour = this.#neighbours.get(peer);
    this.#neighbours.delete(peer);
    return neighbour;
  }

  /** @returns one at random that is none of these. */
  random(...others: readonly PeerId[]): Contact | undefined {
    const possible = this.all.filter(({ contact }) => !others.includes(contact.peerId));
    return this.#oneOf(possible)?.contact;
  }

  /** @returns so many at random, each once. */
  sample(count: number): readonly Contact[] {
    const some: Contact[] = [];
    for (let one = this.random(); some.length < count && one !== undefined; ) {
      some.push(one);
      one = this.random(...some.map(({ peerId }) => peerId));
    }
    return some;
  }

  /**
   * Who makes room for somebody who asks: never one who was asked, since only he keeps the balance; a stranger before
   * a trusted peer, and first of all who only takes.
   * @param asker whom nobody trusted makes room for unless he is trusted too.
   */
  victimFor(asker: PeerId): Neighbour | undefined {
    const accepted = this.all.filter(({ direction }) => direction === 'accepted');
    const strangers = accepted.filter(({ contact }) => !this.#isTrusted(contact.peerId));
    const takers = strangers.filter(({ links }) => links !== undefined && isTaker(links));
    const victim = this.#oneOf(takers) ?? this.#oneOf(strangers);
    if (victim !== undefined || !this.#isTrusted(asker)) return victim;
    return this.#oneOf(accepted);
  }

  /** One that was asked, and may make room for a trusted peer. */
  dialledStranger(): Neighbour | undefined {
    const dialled = this.all.filter(({ direction }) => direction === 'dialled');
    return this.#oneOf(dialled.filter(({ contact }) => !this.#isTrusted(contact.peerId)));
  }

  #trusted(): readonly Neighbour[] {
    return this.all.filter(({ contact }) => this.#isTrusted(contact.peerId));
  }

  #oneOf(neighbours: readonly Neighbour[]): Neighbour | undefined {
    return neighbours[Math.floor(this.#random() * neighbours.length)];
  }
}

function isTaker({ dialled, accepted }: LinkCounts): boolean {
  return accepted === 0 && dialled >= TAKER_DIALLED;
}
