/** What arrived whole is receipted: signed for its sender, and said until he has noted it. */
import type { PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { signReceipt } from '#src/io/mesh/tell-signing.js';
import type { DownloadResult } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type { Receive, ReceiveBook } from './receive-book.js';
import type { ReceiveWords } from './receive-words.js';

type ReceiptsParts = {
  readonly book: ReceiveBook;
  readonly words: ReceiveWords;
  readonly home: Pick<Home, 'self' | 'credentials'>;
  readonly tell: (event: PeerEvent) => void;
};

export class Receipts {
  readonly #with: ReceiptsParts;

  constructor(parts: ReceiptsParts) {
    this.#with = parts;
  }

  /** All of it lies in its place. */
  arrived(receive: Receive, { path, id, bytes }: DownloadResult): void {
    const { self, credentials } = this.#with.home;
    const { from, fromName, name, files, failedCount: failed = 0 } = receive.record;
    const [offerId, sender] = [receive.record.offerId as OfferId, from as PeerId];
    const receipt = { offerId, id, bytes, sender, at: Date.now() };
    const signed = Buffer.from(signReceipt(receipt, self, credentials)).toString('base64');
    this.#with.book.change(receive, { state: 'received', id, bytes, path, receipt: signed }, () => {
      this.#with.words.receipt(receive.record);
      const about = { offerId, from: sender, fromName, name, id, bytes, files, failed };
      this.#with.tell({ type: 'offer-completed', ...about, path });
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
