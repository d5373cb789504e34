/** What those whom something is offered to say of it: whether they want it, and that they have it. */
import { toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { heardOf, isPassing, newsOf, type Recipient } from '#src/domain/send/recipients.js';
import type { Answered, OfferId, Receipt } from '#src/domain/send/send-offer.js';
import type { Withdrawal } from '#src/domain/send/standstill.js';
import { type Version, versionOf } from '#src/domain/send/version.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Send, SendBook } from './send-book.js';
import type { SendRest } from './send-rest.js';
import { isFor, isTakenBy, whyNot } from './send-rows.js';
import type { SendWords } from './send-words.js';

/**
 * So long after something was offered may its files be asked for again: what lies under those paths later is perhaps not what
 * its sender thinks of any more. He himself can send it whenever he wants.
 */
const ASKED_FOR_MS = 7 * 24 * 60 * 60 * 1000;

export type SendAnswersParts = {
  readonly book: SendBook;
  readonly words: SendWords;
  readonly isBlocked: (peer: PeerId) => boolean;
  /** As what it is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  readonly tell: (event: PeerEvent) => void;
  readonly rest: Pick<SendRest, 'lacking' | 'isDue' | 'send'>;
  /** One to a single peer is settled with him. */
  readonly settled: (send: Send) => void;
  readonly progressed: (send: Send, peer: PeerId, bytes: number) => void;
  /** One more takes it or does not, is kept from it, or goes on. */
  readonly answered: (send: Send, by: Recipient) => void;
  /** Somebody has all of it, as it was when he had fetched it. */
  readonly received: (send: Send, by: Recipient, version: Version) => void;
};

export class SendAnswers {
  readonly #parts: SendAnswersParts;

  constructor(parts: SendAnswersParts) {
    this.#parts = parts;
  }

  hearAnswer(peer: PeerId, { offerId, answer, obstacle, turns }: Answered): void {
    const { book, words, isBlocked } = this.#parts;
    if (isBlocked(peer)) return;
    const send = book.get(offerId);
    if (send === undefined || !isFor(send.record, peer)) {
      // He waits for it; whom it is not for learns no more than of one that there is not.
      return answer === 'accepted' ? words.end(peer, offerId, 'changed') : undefined;
    }
    // Whether it is offered again is not known yet.
    if (send.record.interrupted === true) return undefined;
    if (!send.record.isOpen) return words.end(peer, offerId, withdrawalWord(send.record));
    const name = this.#nameOf(peer);
    const about = { ...(obstacle && { obstacle }), ...(turns !== undefined && { turns }) };
    const heard = { peerId: peer, name, state: answer, ...about, at: Date.now() };
    const before = send.record.recipients.find(({ peerId }) => peerId === peer);
    const isNews = this.#heard(send, heard);
    // He may have started anew since he was told.
    if (answer === 'accepted') words.standing(send.record, peer);
    const isSame = before?.state === answer && before.obstacle === obstacle;
    if (!isNews || isSame) return;
    this.#tell(send, before, { ...heard, answer });
    if (answer === 'rejected' && send.record.to !== '') this.#parts.settled(send);
    this.#parts.answered(send, heard);
  }

  #tell(
    { record: { offerId: id, name: offered } }: Send,
    before: Recipient | undefined,
    heard: Recipient & Pick<Answered, 'answer'>,
  ): void {
    const { peerId, name, answer, obstacle } = heard;
    const { isAnswer, isPaused } = newsOf(before, heard);
    const about = { offerId: id as OfferId, peerId, name, offered };
    const why = obstacle === 'paused' ? {} : whyNot(heard);
    const { tell } = this.#parts;
    if (isAnswer) tell({ type: 'offer-answered', ...about, answer, ...why });
    if (isPaused !== undefined) tell({ type: 'send-paused', ...about, isPaused });
  }

  /**
   * Proven to be of the peer that sent it. It counts from one who accepted, and for what the offer came to be, or was before
   * that: any other gets no answer, and learns nothing from that.
   */
  hearReceipt(peer: PeerId, receipt: Receipt, payload: Uint8Array): void {
    const { book, words, isBlocked, settled, received } = this.#parts;
    const { offerId, id, bytes, at } = receipt;
    const send = book.get(offerId);
    if (send === undefined || !isTakenBy(send.record, peer) || isBlocked(peer)) return;
    if (send.record.interrupted === true) return;
    const version = versionOf(send.record, id);
    if (version?.bytes !== bytes) return;
    const name = this.#nameOf(peer);
    const signed = Buffer.from(payload).toString('base64');
    const noted = () => words.end(peer, offerId, 'noted');
    const about = { state: 'received', at, receipt: signed, content: id } as const;
    const heard: Recipient = { peerId: peer, name, ...about };
    if (!this.#heard(send, heard, noted)) return noted();
    if (send.record.to !== '') settled(send);
    received(send, heard, version);
  }

  /** He has it but for some files, and asks for those: they are his, as far as they can be read now. */
  async hearAgain(peer: PeerId, offerId: OfferId): Promise<void> {
    const { book, words, rest, isBlocked, tell } = this.#parts;
    const send = book.get(offerId);
    if (send === undefined || isBlocked(peer) || !rest.lacking(send).includes(peer)) return;
    if (Date.now() - send.record.at > ASKED_FOR_MS) return words.end(peer, offerId, 'changed');
    if (!rest.isDue(send, peer)) return;
    try {
      await rest.send(send, peer);
    } catch (error) {
      words.end(peer, offerId, 'changed');
      const { code, message } = toRecord(error);
      if (code !== 'closed') tell({ type: 'notice', code, message });
    }
  }

  /** By his word alone: it is shown, and nothing follows from it. */
  hearProgress(peer: PeerId, offerId: OfferId, bytes: number): void {
    const send = this.#parts.book.get(offerId);
    if (send?.record.isOpen !== true || !isTakenBy(send.record, peer)) return;
    this.#parts.progressed(send, peer, bytes);
  }

  #nameOf(peer: PeerId): string {
    return this.#parts.known(peer)?.name ?? '';
  }

  /** @param stored called once that is on the disk, of what does not pass. @returns whether it is news. */
  #heard(send: Send, heard: Recipient, stored?: () => void): boolean {
    const { recipients } = send.record;
    const before = recipients.find(({ peerId }) => peerId === heard.peerId);
    const after = heardOf(recipients, heard);
    if (after === undefined) return false;
    if (isPassing(before, heard)) this.#parts.book.hold(send, after);
    else this.#parts.book.change(send, { recipients: after }, stored);
    return true;
  }
}

/** Of one that is open no more, to somebody who asks for it. */
function withdrawalWord({ ended }: SendRecord): Withdrawal {
  return ended === 'changed' ? ended : 'cancelled';
}
