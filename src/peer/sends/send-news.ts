/** What the user is told of what is sent: how far each has come, and how it ended. */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { Recipient } from '#src/domain/send/recipients.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Version } from '#src/domain/send/version.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { SendProgress } from './send-progress.js';
import { completedEvent, failureEvent, rowOf } from './send-rows.js';

export class SendNews {
  readonly #tell: (event: PeerEvent) => void;
  readonly #progress: Pick<SendProgress, 'rows'>;

  constructor(tell: (event: PeerEvent) => void, progress: Pick<SendProgress, 'rows'>) {
    this.#tell = tell;
    this.#progress = progress;
  }

  /** @param of everybody that it is for, where it is undefined */
  progress(record: SendRecord, of?: PeerId): void {
    for (const row of this.#progress.rows(record)) {
      if (of === undefined || row.peerId === of) this.#tell({ type: 'transfer', ...row });
    }
  }

  received(record: SendRecord, { peerId, name }: Recipient, version: Version): void {
    this.#tell({ type: 'send-received', ...rowOf({ ...record, ...version }), peerId, by: name });
    this.progress(record);
    this.#tell(completedEvent(record, version));
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
