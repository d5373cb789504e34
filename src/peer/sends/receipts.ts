/** What arrived whole is receipted: signed for its sender, and said until he has noted it. */
import type { PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { DownloadResult } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import { arrival } from './arrival.js';
import type { Receive, ReceiveBook } from './receive-book.js';
import type { ReceiveRest } from './receive-rest.js';
import type { ReceiveWords } from './receive-words.js';

type ReceiptsParts = {
  readonly book: ReceiveBook;
  readonly words: ReceiveWords;
  readonly rest: Pick<ReceiveRest, 'arrived' | 'completes'>;
  readonly home: Pick<Home, 'self' | 'credentials'>;
  readonly tell: (event: PeerEvent) => void;
};

export class Receipts {
  readonly #with: ReceiptsParts;

  constructor(parts: ReceiptsParts) {
    this.#with = parts;
  }

  /** All of it lies in its place. */
  arrived(receive: Receive, result: DownloadResult): void {
    const now = arrival(receive.record, result, this.#with.home);
    const { id, bytes, failedCount: failed, path } = now;
    this.#with.rest.arrived({ ...receive.record, ...now });
    this.#with.book.change(receive, now, () => {
      const { from, fromName, name, files, offerId } = receive.record;
      this.#with.words.receipt(receive.record);
      const completes = this.#with.rest.completes(receive.record);
      const what = { name, files, ...(completes && { completes }) };
      const about = { offerId: offerId as OfferId, from: from as PeerId, fromName, ...what };
      this.#with.tell({ type: 'offer-completed', ...about, id, bytes, failed, path });
    });
  }

  /** Its sender has the receipt. */
  noted(receive: Receive): void {
    const { offerId, from, fromName, name } = receive.record;
    const about = { offerId: offerId as OfferId, from: from as PeerId, fromName, name };
    this.#with.book.change(receive, { state: 'noted' }, () =>
      this.#with.tell({ type: 'receipt-noted', ...about }),
    );
    this.#with.book.forgetNoted();
  }
}
