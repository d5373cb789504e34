/** What the user can do with what is offered: pause it, go on, prefer it, take it back. */
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { Preferred } from '#src/domain/send/preferred.js';
import { type Priority, sendTransferId } from '#src/domain/send/transfer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type { Send, SendBook } from './send-book.js';
import type { SendContents } from './send-contents.js';
import type { SendRest } from './send-rest.js';
import { takersOf } from './send-rows.js';
import type { SendWords } from './send-words.js';

type Around = {
  readonly book: SendBook;
  readonly words: Pick<SendWords, 'pause'>;
  readonly contents: Pick<SendContents, 'pause' | 'resume'>;
  readonly rest: Pick<SendRest, 'lacking' | 'send'>;
  readonly rows: (record: SendRecord) => readonly TransferRow[];
  readonly changed: (send: Send) => void;
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
   * Sends once more what did not come of one that is called so.
   * @returns undefined where there is none. @throws P2pError `ambiguous`, `not-found`, `changed`
   */
  async again(word: string): Promise<readonly TransferRow[] | undefined> {
    const { book, rest, rows } = this.#with;
    const send = requireOne(word, book.wanting(word, rest));
    if (send === undefined) return undefined;
    const sent = await Promise.all(rest.lacking(send).map((peer) => rest.send(send, peer)));
    return sent.flatMap(({ record }) => rows(record));
  }

  /** Nobody gets any more of it until it goes on, restarts included; those who fetch it are told. */
  pause(send: Send): Promise<readonly TransferRow[]> {
    return this.#turn(send, true);
  }

  resume(send: Send): Promise<readonly TransferRow[]> {
    return this.#turn(send, false);
  }

  /** All that are open. */
  async turnAll(isPaused: boolean): Promise<readonly TransferRow[]> {
    const { open } = this.#with.book;
    return (await Promise.all(open.map((send) => this.#turn(send, isPaused)))).flat();
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
