/**
 * What was said to each linked peer alone a moment ago. When two dial each other, one of them may talk on a link that the
 * other has chosen to drop unread: on the link that takes over, all of it is said again. It may be heard twice so.
 */
import type { PeerId } from '#src/domain/ids.js';
import { LINK_TIMES } from '#src/domain/peers/links.js';
import type { DirectMessage } from '#src/wire/direct-message.js';

/** Of one peer: more than a user says in that time, a quarter of a megabyte at most. */
const MOST_WORDS = 64;

type Word = { readonly message: DirectMessage; readonly at: number };

export class RecentWords {
  readonly #words = new Map<PeerId, readonly Word[]>();

  /** @param now monotonic milliseconds, for this and the next. */
  said(peer: PeerId, message: DirectMessage, now: number): void {
    this.#words.set(peer, [...this.#recent(peer, now), { message, at: now }].slice(-MOST_WORDS));
  }

  /** @returns what is to be said again, in its order. */
  of(peer: PeerId, now: number): readonly DirectMessage[] {
    return this.#recent(peer, now).map(({ message }) => message);
  }

  /** There is no link with it any more. */
  forget(peer: PeerId): void {
    this.#words.delete(peer);
  }

  #recent(peer: PeerId, now: number): readonly Word[] {
    const words = this.#words.get(peer) ?? [];
    return words.filter(({ at }) => now - at < LINK_TIMES.tieMs);
  }
}
