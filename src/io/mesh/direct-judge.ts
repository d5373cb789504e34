/** Judges what linked peers say to this one alone before it counts: how much of it, and private messages by their signature. */

import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { HeardMessage } from '#src/domain/mesh/said-news.js';
import { DirectGate, OTHER_RATES, TELL_RATES } from '#src/domain/rates/direct-rates.js';
import type { Receipt } from '#src/domain/send/send-offer.js';
import type {
  DirectMessage,
  DirectSigned,
  DirectTold,
  DirectWord,
} from '#src/wire/direct-message.js';
import { messageIdOf, openMessage, type SignedMessage } from '#src/wire/signed-message.js';
import { offerNews } from './offer-news.js';

/** A linked peer said something to this one alone. */
export type DirectNews =
  | { readonly type: 'direct-heard'; readonly peerId: PeerId; readonly message: DirectTold }
  /** A private message to this peer, proven to be of the one who told it. It may have been here before. */
  | { readonly type: 'tell-heard'; readonly message: HeardMessage }
  | ReturnType<typeof offerNews>
  /** Whoever signed it has all of what this peer sent him. */
  | {
      readonly type: 'receipt-heard';
      readonly peerId: PeerId;
      readonly receipt: Receipt;
      /** As it came, signed. */
      readonly payload: Uint8Array;
    };

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
    if (message.type === 'tell') return this.#judgeTell(peerId, message.payload, now);
    if (!this.#others.take(peerId, now)) return { type: 'dropped' };
    const isSigned = message.type === 'send-offer' || message.type === 'send-receipt';
    if (!isSigned) return { type: 'news', news: { type: 'direct-heard', peerId, message } };
    return { type: 'news', news: this.#judgeSigned(peerId, message) };
  }

  #judgeTell(peerId: PeerId, payload: Uint8Array, now: number): Verdict {
    const id = messageIdOf(payload);
    if (!this.#tells.take(peerId, now)) {
      return { type: 'answer', message: { type: 'told', id, outcome: 'full' } };
    }
    const { said, ...about } = ofHim(peerId, payload);
    if (said.kind !== 'tell' || said.to !== this.#self) {
      throw new P2pError('protocol', 'a private message that is not to this peer');
    }
    const heard: HeardMessage = { ...about, id, text: said.text, payload };
    return { type: 'news', news: { type: 'tell-heard', message: heard } };
  }

  #judgeSigned(
    peerId: PeerId,
    { type, payload }: Exclude<DirectSigned, { type: 'tell' }>,
  ): DirectNews {
    const message = ofHim(peerId, payload);
    const { said } = message;
    if (type === 'send-offer' && said.kind === 'offer') {
      const { to } = said.offer;
      if (to === undefined || to === this.#self) return offerNews(message, said.offer);
    }
    if (type === 'send-receipt' && said.kind === 'receipt' && said.receipt.sender === this.#self) {
      return { type: 'receipt-heard', peerId, receipt: said.receipt, payload };
    }
    throw new P2pError('protocol', `a ${type} that is none, or is not to this peer`);
  }
}

/** @throws P2pError `protocol` unless the peer it came from signed it. */
function ofHim(peerId: PeerId, payload: Uint8Array): SignedMessage {
  const message = openMessage(payload);
  if (message.author !== peerId) throw new P2pError('protocol', 'a message that is not his');
  return message;
}
