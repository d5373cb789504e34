/** Those who hear of what is offered: as it is, as they link, as it changes, and that it ends. */
import type { PeerId } from '#src/domain/ids.js';
import type { OfferEnd, OfferId } from '#src/domain/send/send-offer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { SendBook } from './send-book.js';
import { isFor, isSameSize, takersOf } from './send-rows.js';
import type { SendWords } from './send-words.js';

type Parts = {
  readonly book: Pick<SendBook, 'open'>;
  readonly words: SendWords;
  /** Those with whom there is a link now. */
  readonly linked: () => readonly PeerId[];
};

export class SendAudience {
  readonly #with: Parts;

  constructor(parts: Parts) {
    this.#with = parts;
  }

  offered(record: SendRecord): void {
    this.#with.words.offer(record, this.#with.linked());
  }

  /** A link is there: what is offered to him, and was not settled with him, he hears now. */
  linked(peer: PeerId): void {
    for (const { record } of this.#with.book.open) {
      if (!isFor(record, peer)) continue;
      const state = record.recipients.find(({ peerId }) => peerId === peer)?.state;
      if (state !== 'rejected' && state !== 'received') this.#with.words.offerTo(record, peer);
    }
  }

  /** Whoever fetches it is told what it came to be; who has not answered, where that is not what he would say yes to. */
  sealed(record: SendRecord, before: SendRecord): void {
    for (const peer of takersOf(record)) this.#with.words.sealed(record, peer);
    if (!record.isOpen || isSameSize(record, before)) return;
    const answered = new Set(record.recipients.map(({ peerId }) => peerId));
    const linked = this.#with.linked().filter((peer) => !answered.has(peer));
    if (record.to !== '' && answered.has(record.to as PeerId)) return;
    this.#with.words.offer(record, linked);
  }

  /** Whoever fetches it is told whether it is paused. */
  paused(record: SendRecord): void {
    for (const peer of takersOf(record)) this.#with.words.pause(record, peer);
  }

  /** One to all may wait for an answer with anybody: who is not linked hears it when he asks for it. */
  ended({ to, offerId }: SendRecord, why: OfferEnd): void {
    const told = to === '' ? this.#with.linked() : [to as PeerId];
    for (const peer of told) this.#with.words.end(peer, offerId as OfferId, why);
  }
}
