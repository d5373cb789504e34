/** Word of messages for neighbours, gathered for a moment so that much of it goes at once. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import type { Announced } from './broadcast-message.js';

/** What is announced within so long goes in one message. */
const HAVE_MS = 5;
/** Word of more than this is passed on at once. */
const MOST_ANNOUNCED = 64;

export class Announcing {
  readonly #gathered = new Map<PeerId, Announced[]>();
  #dueAt = Number.POSITIVE_INFINITY;

  /** When it goes, to all of them. */
  get dueAt(): number {
    return this.#dueAt;
  }

  /** @param from knows it already: it came from him. */
  tell(peers: Iterable<PeerId>, announced: Announced, from: PeerId | undefined, now: number): void {
    for (const peer of peers) if (peer !== from) this.#add(peer, announced, now);
  }

  forgetPeer(peer: PeerId): void {
    this.#gathered.delete(peer);
  }

  /** @returns who is told of what now: nobody before it is due. */
  due(now: number): readonly (readonly [PeerId, readonly Announced[]])[] {
    if (now < this.#dueAt) return [];
    const due = [...this.#gathered];
    this.#gathered.clear();
    this.#dueAt = Number.POSITIVE_INFINITY;
    return due;
  }

  #add(peer: PeerId, announced: Announced, now: number): void {
    const all = this.#gathered.get(peer) ?? [];
    all.push(announced);
    this.#gathered.set(peer, all);
    const at = all.length >= MOST_ANNOUNCED ? now : now + HAVE_MS;
    this.#dueAt = Math.min(this.#dueAt, at);
  }
}
