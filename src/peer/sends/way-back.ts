/**
 * The way to whoever sends something: where he is known to be; else where his offer says he is, as one to all comes from
 * beyond the links too. That is his word, and may be a victim's address: it is dialled as seldom as for an answer.
 */

import type { PeerId } from '#src/domain/ids.js';
import { AnswerDials } from '#src/domain/query/answer-dials.js';
import type { Reached } from '#src/domain/send/send-offer.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Reaching } from '#src/peer/network/reaching.js';

export type WayBackParts = {
  readonly reaching: Pick<Reaching, 'reach'>;
  /** As what a peer is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  readonly isBlocked: (peer: PeerId) => boolean;
  /** Of the peers linked with this one. */
  readonly linkedHosts: () => readonly string[];
};

export class WayBack {
  readonly #parts: WayBackParts;
  readonly #dials = new AnswerDials();

  constructor(parts: WayBackParts) {
    this.#parts = parts;
  }

  /**
   * @param told where he says he is
   * @returns what says that the link is needed no more; undefined where nothing is known of him. @throws P2pError `offline`
   */
  async reach(peerId: PeerId, name: string, told?: Reached): Promise<(() => void) | undefined> {
    const { reaching, known, isBlocked, linkedHosts } = this.#parts;
    const peer = known(peerId);
    if (peer !== undefined) return reaching.reach(peer);
    if (told === undefined || isBlocked(peerId)) return undefined;
    const [at] = this.#dials.take(peerId, told, [], linkedHosts(), performance.now());
    return at && reaching.reach({ peerId, name, ...at });
  }
}
