/** What is told of a send as it goes on: how it stands with each, who has all of it, what keeps one from taking it. */
import type { PeerId } from '#src/domain/ids.js';
import type { Recipient } from '#src/domain/send/recipients.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import { type SendProgress, sendTransferId } from './send-progress.js';
import { whyNot } from './send-rows.js';

export class SendNews {
  readonly #rows: Pick<SendProgress, 'rows'>;
  readonly #tell: (event: PeerEvent) => void;

  constructor(rows: Pick<SendProgress, 'rows'>, tell: (event: PeerEvent) => void) {
    this.#rows = rows;
    this.#tell = tell;
  }

  /** @param of everybody that it is for, where it is undefined; null for how it stands with all */
  progress(record: SendRecord, of?: PeerId | null): void {
    for (const row of this.#rows.rows(record)) {
      if (of === undefined || (row.peerId ?? null) === of) this.#tell({ type: 'transfer', ...row });
    }
  }

  /** One of those it is for has all of it. */
  received(record: SendRecord): void {
    this.progress(record);
    const { offerId, path, bytes, files, at, id, failedCount: failed = 0 } = record;
    if (id === '') throw new Error('a receipt is for a content that is known');
    const about = { transferId: sendTransferId(offerId), path, bytes, files, failed, root: id };
    this.#tell({ type: 'transfer-completed', ...about, ms: Math.max(0, Date.now() - at) });
  }

  /** Where that is for good it has failed; else it waits for him. */
  hindered(record: SendRecord, by: Recipient): void {
    this.progress(record, by.peerId);
    const { why } = whyNot(by);
    if (by.state !== 'rejected' || why === undefined) return;
    const transferId = sendTransferId(record.offerId);
    this.#tell({ type: 'transfer-failed', transferId, ...why, failed: [] });
  }
}
