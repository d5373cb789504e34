/** What the user can do with what is offered: pause it, go on, prefer it, take it back. */
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { Preferred } from '#src/domain/send/preferred.js';
import { type Priority, sendTransferId } from '#src/domain/send/transfer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import { hasFailed, type Send, type SendBook } from './send-book.js';
import type { SendContents } from './send-contents.js';
import type { SendRest } from './send-rest.js';
import { sentAnew, takersOf } from './send-rows.js';
import type { SendWords } from './send-words.js';

type Around = {
  readonly book: SendBook;
  readonly words: Pick<SendWords, 'pause'>;
  readonly contents: Pick<SendContents, 'pause' | 'resume' | 'look'>;
  readonly rest: Pick<SendRest, 'lacking' | 'send'>;
  readonly rows: (record: SendRecord) => readonly TransferRow[];
  readonly changed: (send: Send) => void;
  /** Offers one anew that could not be sent any more. @throws P2pError where it still cannot */
  readonly reopen: (send: Send) => Promise<void>;
  /** Takes it back. */
  readonly end: (send: Send) => void;
};

export class SendControl {
  readonly #with: Around;

  constructor(around: Around) {
    this.#with = around;
  }

  /** @returns the open one that is called so, or whose id begins so. @throws P2pError `ambiguous` */
  called(word: string): Send | undefined {
    return requireOne(word, this.#with.book.called(word));
  }

  /**
   * Sends once more what did not come of one that is called so, or all of it where it could not be sent any more.
   * @returns undefined where there is none. @throws P2pError `ambiguous`, `not-found`, `changed`
   */
  async again(word: string): Promise<readonly TransferRow[] | undefined> {
    const { book, rest, rows, reopen } = this.#with;
    const send = requireOne(word, book.wanting(word, rest));
    if (send === undefined) return undefined;
    if (hasFailed(send)) {
      await reopen(send);
      return rows(send.record);
    }
    const sent = await Promise.all(rest.lacking(send).map((peer) => rest.send(send, peer)));
    return sent.flatMap(({ record }) => rows(record));
  }

  /** Nobody gets any more of it until it goes on, restarts included; those who fetch it are told. */
  pause(send: Send): Promise<readonly TransferRow[]> {
    return this.#turn(send, true);
  }

  /** Files of it that failed are looked at once more, for those who have not got it yet. */
  async resume(send: Send): Promise<readonly TransferRow[]> {
    const { isPaused = false, failedCount = 0 } = send.record;
    if (!isPaused && failedCount > 0) {
      send.stale.clear();
      await this.#with.contents.look(send);
    }
    return this.#turn(send, false);
  }

  /** All that are open; to go on those alone that are paused. */
  async turnAll(isPaused: boolean): Promise<readonly TransferRow[]> {
    const { open } = this.#with.book;
    const turned = isPaused ? open : open.filter(({ record }) => record.isPaused === true);
    return (await Promise.all(turned.map((send) => this.#turn(send, isPaused)))).flat();
  }

  /** @throws P2pError `not-found` for one that is over and wants nothing: with how it is sent anew. */
  refuseOver(word: string): void {
    const over = this.#with.book.over(word).at(-1);
    if (over !== undefined) throw new P2pError('not-found', sentAnew(over.record));
  }

  /** What of all that is sent comes before or behind the rest. */
  get preferred(): readonly Preferred[] {
    return this.#with.book.preferred;
  }

  /** Under our own limit it leaves before all else, or behind it, for whomever; restarts included. */
  async prefer(send: Send, priority: Priority): Promise<TransferRow> {
    const { book, changed } = this.#with;
    book.change(send, { priority });
    changed(send);
    await book.written();
    return this.#firstRow(send);
  }

  /** Takes an offer back; who has it all keeps it. */
  async cancel(send: Send): Promise<TransferRow> {
    const { book, end } = this.#with;
    end(send);
    await book.written();
    return { ...this.#firstRow(send), state: 'cancelled' };
  }

  #firstRow({ record }: Send): TransferRow {
    const [row] = this.#with.rows(record);
    if (row === undefined) throw new Error('a send is one transfer at least');
    return row;
  }

  #pause(send: Send): void {
    const { contents, words } = this.#with;
    contents.pause(send);
    for (const peer of takersOf(send.record)) words.pause(send.record, peer);
  }

  async #turn(send: Send, isPaused: boolean): Promise<readonly TransferRow[]> {
    const { book, contents, rows, changed } = this.#with;
    if ((send.record.isPaused ?? false) !== isPaused) {
      book.change(send, { isPaused });
      if (isPaused) this.#pause(send);
      else contents.resume(send);
      changed(send);
      await book.written();
    }
    return rows(send.record);
  }
}

/** @throws P2pError `ambiguous` */
function requireOne(word: string, [send, ...others]: readonly Send[]): Send | undefined {
  if (send === undefined || others.length === 0) return send;
  const named = [send, ...others].map(
    ({ record: { name, offerId } }) => `${printable(name)} (${sendTransferId(offerId)})`,
  );
  const why = `${printable(word)} means ${named.length} offers: ${named.join(', ')}; say which by its id`;
  throw new P2pError('ambiguous', why);
}
