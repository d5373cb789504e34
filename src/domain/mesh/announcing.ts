/** Word of messages for neighbours, gathered for a moment so that much of it goes at once. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import type { Announced, MessageId } from './broadcast-message.js';

/** What is announced within so long goes in one message. */
const HAVE_MS = 5;
/** Word of more than this is passed on at once. */
const MOST_ANNOUNCED = 64;
/**
 * Of what begins here nobody tells but we: where every word of it was lost, it would wait for history. Who reads waits for
 * what is missing for two seconds; by a quarter of that it has come wherever it comes by itself, and costs one id a link.
 */
const AGAIN_MS = 500;

export class Announcing {
  readonly #gathered = new Map<PeerId, Announced[]>();
  #dueAt = Number.POSITIVE_INFINITY;
  /** What began here and is to be told once more, and when: oldest first. */
  readonly #begun: { readonly id: MessageId; readonly at: number }[] = [];

  /** When there is something to do: word goes to all of them, or is to be told once more. */
  get dueAt(): number {
    return Math.min(this.#dueAt, this.#begun[0]?.at ?? Number.POSITIVE_INFINITY);
  }

  /** It begins here. */
  begins(id: MessageId, now: number): void {
    this.#begun.push({ id, at: now + AGAIN_MS });
  }

  /** @returns what is to be told once more. */
  again(now: number): readonly MessageId[] {
    const waits = this.#begun.findIndex(({ at }) => at > now);
    const due = this.#begun.splice(0, waits < 0 ? this.#begun.length : waits);
    return due.map(({ id }) => id);
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
