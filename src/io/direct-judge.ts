/** Judges what linked peers say to this one alone before it counts: how much of it, and private messages by their signature. */
import { DirectGate, OTHER_RATES, TELL_RATES } from '#src/domain/direct-rates.js';
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { HeardMessage } from '#src/domain/mesh/said-news.js';
import type { DirectMessage, DirectTold, DirectWord } from '#src/wire/direct-message.js';
import { messageIdOf, openMessage } from '#src/wire/signed-message.js';

/** A linked peer said something to this one alone. */
export type DirectNews =
  | { readonly type: 'direct-heard'; readonly peerId: PeerId; readonly message: DirectTold }
  /** A private message to this peer, proven to be of the one who told it. It may have been here before. */
  | { readonly type: 'tell-heard'; readonly message: HeardMessage };

type Verdict =
  | { readonly type: 'news'; readonly news: DirectNews }
  | { readonly type: 'answer'; readonly message: DirectMessage }
  | { readonly type: 'dropped' };

export class DirectJudge {
  readonly #self: PeerId;
  readonly #tells = new DirectGate(TELL_RATES);
  readonly #others = new DirectGate(OTHER_RATES);

  constructor(self: PeerId) {
    this.#self = self;
  }

  /** @param now monotonic milliseconds. @throws P2pError `protocol`: nobody says that by mistake */
  judge(peerId: PeerId, message: DirectWord, now: number): Verdict {
    if (message.type !== 'tell') {
      if (!this.#others.take(peerId, now)) return { type: 'dropped' };
      return { type: 'news', news: { type: 'direct-heard', peerId, message } };
    }
    const { payload } = message;
    const id = messageIdOf(payload);
    if (!this.#tells.take(peerId, now)) {
      return { type: 'answer', message: { type: 'told', id, outcome: 'full' } };
    }
    const { said, ...about } = openMessage(payload);
    if (about.author !== peerId || said.kind !== 'tell' || said.to !== this.#self) {
      throw new P2pError('protocol', 'a private message that is not his, or not to this peer');
    }
    const heard: HeardMessage = { ...about, id, text: said.text, payload };
    return { type: 'news', news: { type: 'tell-heard', message: heard } };
  }
}
