/**
 * What sends rest on here, as long as they are open: hashed, given to those they are for, held back while they are paused,
 * and looked at anew where it may have changed.
 */
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { earlierThan } from '#src/domain/send/version.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import { isGone } from './gone.js';
import type { Send, SendBook } from './send-book.js';
import { failedEvent, sentBy } from './send-rows.js';
import type { Begun, Content, SendSource } from './send-source.js';

/** A file that changes under those who fetch it this often is written all the time: what is sent goes on without it. */
const MOST_STALE = 3;

export type SendContentsParts = {
  readonly source: Pick<SendSource, 'begin' | 'hold' | 'holdBack' | 'giveAgain' | 'letGo'>;
  readonly book: SendBook;
  /** All of it is hashed, and it is this. @param before as it was offered until now */
  readonly sealed: (send: Send, before: SendRecord) => void;
  /** After a pause: those it is for may fetch it again. */
  readonly givenAgain: (send: Send) => void;
  readonly tell: (event: PeerEvent) => void;
  /** It cannot be sent any more. */
  readonly failed: (send: Send, error: ErrorRecord, wasGone: boolean) => void;
};

export class SendContents {
  readonly #parts: SendContentsParts;
  #isClosed = false;

  constructor(parts: SendContentsParts) {
    this.#parts = parts;
  }

  /** Whoever accepted is told what it came to be, once all of it is hashed. */
  await(send: Send, { content }: Pick<Begun, 'content'>): void {
    send.isThere = true;
    content.then(
      (known) => this.#seal(send, known),
      (error: unknown) => this.#fail(send, error),
    );
  }

  /**
   * Lists and hashes it anew, after a start or where somebody found it changed: what looks the same is not read again.
   * What is paused is looked at when it goes on.
   */
  async look(send: Send): Promise<void> {
    send.isThere = false;
    const { id, isPaused } = send.record;
    if (isPaused === true) return;
    try {
      const begun = await this.begin(send);
      this.#settle(send, begun);
      this.await(send, begun);
      // Whoever fetches it by its draft may go on; by its content he may once that is known to be the same.
      if (id === '') this.#given(send);
    } catch (error) {
      this.#fail(send, error);
    }
  }

  /** @throws P2pError where it cannot be had */
  begin({ record, stale }: Send): Promise<Begun> {
    const { id, draft, failed = [] } = record;
    const mustHold = stale.size >= MOST_STALE;
    const again = { id: id === '' ? undefined : id, draft, failed, mustHold };
    return this.#parts.source.begin(sentBy(record), again);
  }

  pause({ record }: Send): void {
    this.#parts.source.holdBack(record);
  }

  /** After a start it is looked at first: nobody is told that he may have it before he may. */
  resume(send: Send): void {
    if (send.isThere !== true) return void this.look(send);
    this.#parts.source.giveAgain(sentBy(send.record), send.record);
    this.#given(send);
  }

  /** The bytes of a content are not what they were: what is there now is sent in its place. */
  stale(id: ContentId): void {
    for (const send of this.#parts.book.open) {
      if (send.record.id !== id) continue;
      send.stale.add(id);
      void this.look(send);
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  #seal(send: Send, content: Content): void {
    if (this.#isClosed || !send.record.isOpen) return;
    const { source, book, sealed, tell } = this.#parts;
    const { id, bytes, chunks, files, failed, failedCount } = content;
    const { record: old } = send;
    const { isPaused, id: before } = old;
    if (isPaused !== true) source.hold(sentBy(send.record), content);
    const failing = failedEvent(send.record, content);
    const earlier = earlierThan(send.record, id);
    const now = { id, bytes, chunks, files, failed, failedCount, earlier };
    if (before !== id) book.change(send, now, () => sealed(send, old));
    if (failing !== undefined) tell(failing);
    if (before !== '') this.#given(send);
  }

  /** It may have been paused or taken back meanwhile. */
  #settle({ record: { offerId, isOpen, isPaused } }: Send, { listed: { draft } }: Begun): void {
    const { source } = this.#parts;
    if (!isOpen) source.letGo({ offerId, draft });
    else if (isPaused === true) source.holdBack({ offerId, draft });
  }

  #given(send: Send): void {
    if (send.record.isPaused === false) this.#parts.givenAgain(send);
  }

  #fail(send: Send, error: unknown): void {
    if (!this.#isClosed && send.record.isOpen)
      this.#parts.failed(send, toRecord(error), isGone(error));
  }
}
