/** What is told of a send as it goes on: how it stands with each, who has all of it, what keeps one from taking it, how it failed. */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { Recipient } from '#src/domain/send/recipients.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Version } from '#src/domain/send/version.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type { SendLulls } from './send-lulls.js';
import type { SendProgress } from './send-progress.js';
import { completedEvent, failureEvent, rowOf, whyNot } from './send-rows.js';

export class SendNews {
  readonly #rows: Pick<SendProgress, 'rows'>;
  readonly #lulls: Pick<SendLulls, 'told'>;
  readonly #tell: (event: PeerEvent) => void;

  constructor(
    rows: Pick<SendProgress, 'rows'>,
    lulls: Pick<SendLulls, 'told'>,
    tell: (event: PeerEvent) => void,
  ) {
    this.#rows = rows;
    this.#lulls = lulls;
    this.#tell = tell;
  }

  /** @param of everybody that it is for, where it is undefined; null for how it stands with all */
  progress(record: SendRecord, of?: PeerId | null): void {
    for (const row of this.#rows.rows(record)) {
      if (of === undefined || (row.peerId ?? null) === of) this.#told(record, row);
    }
  }

  /** He came or went: what waits with him does so for another reason now. */
  awaited(record: SendRecord, by: PeerId): void {
    const row = this.#rows.rows(record).find(({ peerId }) => peerId === by);
    if (row?.state === 'waiting') this.#told(record, row);
  }

  #told({ offerId }: SendRecord, row: TransferRow): void {
    this.#lulls.told(offerId, row);
    this.#tell({ type: 'transfer', ...row });
  }

  /** One of those it is for has all of it. */
  received(record: SendRecord, { peerId, name }: Recipient, version: Version): void {
    this.#tell({ type: 'send-received', ...rowOf({ ...record, ...version }), peerId, by: name });
    this.progress(record);
    this.#tell(completedEvent(record, version));
  }

  /** Where something keeps him from it for good it has failed. */
  answered(record: SendRecord, by: Recipient): void {
    if (record.to === '') this.progress(record, null);
    this.progress(record, by.peerId);
    const { why } = whyNot(by);
    if (by.state === 'rejected' && why !== undefined) this.#tell(failureEvent(record, why));
  }

  /** @returns why, as a sentence. */
  failed(record: SendRecord, { message }: ErrorRecord): string {
    const { offerId, name, path } = record;
    const why = `${printable(path)} cannot be sent any more: ${message}`;
    const about = { offerId: offerId as OfferId, name, code: 'changed', message: why } as const;
    this.#tell({ type: 'send-failed', ...about });
    this.#tell(failureEvent(record, about));
    return why;
  }
}
