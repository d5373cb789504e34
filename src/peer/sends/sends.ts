/**
 * What this peer sends: offered to one peer or to all, with what became of it with each. An offer stays open over restarts,
 * and is said again to whoever links: until the one it is for has it all or does not want it, or the user takes it back.
 */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { Preferred } from '#src/domain/send/preferred.js';
import type { OfferEnd, OfferId } from '#src/domain/send/send-offer.js';
import { sendTransferId } from '#src/domain/send/transfer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { SendOptions } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { SendRow } from '#src/peer/rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type * as Mesh from '#workers/mesh.js';
import type * as TransferServer from '#workers/transfer-server.js';
import { Absences } from './gone.js';
import { InterruptedSends } from './interrupted-sends.js';
import { SendAnswers } from './send-answers.js';
import { SendAudience } from './send-audience.js';
import { type Send, SendBook } from './send-book.js';
import { SendContents } from './send-contents.js';
import { SendControl } from './send-control.js';
import { SendLinks, type SendLinksParts } from './send-links.js';
import { SendLulls } from './send-lulls.js';
import { SendNews } from './send-news.js';
import { SendOffering } from './send-offering.js';
import { SendProgress } from './send-progress.js';
import { SendReached } from './send-reached.js';
import { SendRest } from './send-rest.js';
import { missingTo, rowOf } from './send-rows.js';
import type { SendSource, SendSourceParts } from './send-source.js';
import { SendWords } from './send-words.js';

export type SendsParts = SendLinksParts &
  Pick<SendSourceParts, 'serve'> & {
    readonly home: Pick<Home, 'self' | 'credentials' | 'database'>;
    readonly source: Pick<
      SendSource,
      'locate' | 'begin' | 'hold' | 'holdBack' | 'giveAgain' | 'letGo'
    >;
    /** Those with whom there is a link now. */
    readonly linked: () => readonly PeerId[];
    readonly isBlocked: (peer: PeerId) => boolean;
    /** To a linked peer alone; without a link it is not said. */
    readonly order: (order: Mesh.In) => void;
    readonly tell: (event: PeerEvent, ref?: string) => void;
  };

export class Sends {
  readonly answers: SendAnswers;
  readonly control: SendControl;
  readonly #parts: SendsParts;
  readonly #absences = new Absences();
  readonly #book: SendBook;
  readonly #audience: SendAudience;
  readonly #contents: SendContents;
  readonly #progress: SendProgress;
  readonly #lulls: SendLulls;
  readonly #news: SendNews;
  readonly #links: SendLinks;
  readonly #offering: SendOffering;
  readonly #reached: SendReached;

  constructor(parts: SendsParts) {
    this.#parts = parts;
    const { source, tell } = parts;
    this.#progress = new SendProgress((peer) => parts.linked().includes(peer));
    const prefer = (preferred: readonly Preferred[]) => parts.serve({ type: 'prefer', preferred });
    const forgotten = (offerId: OfferId) => this.#progress.forget(offerId);
    const book = new SendBook(parts.home.database, tell, prefer, forgotten);
    this.#lulls = new SendLulls((offerId, peer) => this.#look(offerId as OfferId, peer));
    this.#news = new SendNews(this.#progress, this.#lulls, tell);
    const words = new SendWords(parts.home, parts.order);
    this.#book = book;
    this.#links = new SendLinks(parts);
    this.#reached = new SendReached(book, this.#progress);
    this.#audience = new SendAudience({ book, words, linked: parts.linked });
    this.#contents = this.#contentsOf();
    const ended = (record: SendRecord) => this.#audience.ended(record, 'cancelled');
    this.#offering = new SendOffering({
      source,
      tell,
      book,
      audience: this.#audience,
      contents: this.#contents,
      links: this.#links,
      interrupted: new InterruptedSends({ book, source, ended }),
      news: this.#news,
    });
    const offer = (...begun: Parameters<SendOffering['rest']>) => this.#offering.rest(...begun);
    const rest = new SendRest({ book, source, offer });
    this.control = this.#controlOf(words, rest);
    this.answers = this.#answersOf(words, rest);
  }

  /** Offers of earlier starts are open still. */
  read(): Promise<void> {
    return this.#book.read();
  }

  /** They are looked at, as what lies there may be something else by now. */
  begin(): void {
    for (const send of this.#book.open) void this.#offering.goOn(send);
  }

  /** As rows of `transfers`, oldest first. */
  get transfers(): readonly TransferRow[] {
    return this.#book.all.flatMap(({ record }) => this.#progress.rows(record));
  }

  /** The same as they are looked at: what was gone may be back. */
  async transfersNow(): Promise<readonly TransferRow[]> {
    return this.#absences.rowsNow(
      this.#book.all.map(({ record }) => ({ record, rows: this.#progress.rows(record) })),
    );
  }

  /** Paths of what was offered and does not come, or did not, to whom this row is about. */
  failedFiles({
    transferId,
    peerId,
  }: Pick<TransferRow, 'transferId' | 'peerId'>): readonly string[] {
    const send = this.#book.all.find(({ record }) => sendTransferId(record.offerId) === transferId);
    return send === undefined ? [] : missingTo(send.record, peerId).failed;
  }

  /** Bytes of contents that left for peers. */
  hearServed(to: readonly TransferServer.ServedTo[]): void {
    const records = this.#book.open.map(({ record }) => record);
    for (const record of this.#progress.served(to, records)) {
      for (const peer of new Set(to.map(({ peerId }) => peerId))) this.#news.progress(record, peer);
    }
  }

  get rows(): readonly SendRow[] {
    return this.#book.all.map(({ record }) => rowOf(record));
  }

  /**
   * Resolves once it is offered: said to the one it is for, or kept until he is back, or said to all.
   * @param path one, or several that are one offer. @param to everybody where it is undefined
   * @throws P2pError `not-found`, `unreadable`, `bad-name`, `too-large`, `offline`, `closed`
   */
  async send(
    path: string | readonly string[],
    to: NamedPeer | undefined,
    options: SendOptions = {},
  ): Promise<SendRow> {
    return rowOf((await this.#offering.send(path, to, options)).record);
  }

  /** The bytes of a content are not what they were. */
  stale(id: ContentId): void {
    this.#contents.stale(id);
  }

  linked(peer: PeerId): void {
    this.#audience.linked(peer);
    this.#awaited(peer);
  }

  unlinked(peer: PeerId): void {
    this.#progress.unlinked(peer);
    this.#awaited(peer);
  }

  async close(): Promise<void> {
    this.#offering.close();
    this.#lulls.close();
    this.#links.close();
    this.#contents.close();
    for (const send of this.#book.open) this.#reached.stopped(send);
    for (const { release } of this.#book.all) release?.();
    await this.#book.close();
  }

  #awaited(peer: PeerId): void {
    for (const { record } of this.#book.open) this.#news.awaited(record, peer);
  }

  #look(offerId: OfferId, peer: PeerId): void {
    const send = this.#book.get(offerId);
    if (send !== undefined) this.#news.progress(send.record, peer);
  }

  #contentsOf(): SendContents {
    const { source, tell } = this.#parts;
    return new SendContents({
      source,
      book: this.#book,
      tell,
      sealed: ({ record }, before) => this.#audience.sealed(record, before),
      givenAgain: ({ record }) => this.#audience.paused(record),
      failed: (send, error, wasGone) => {
        const failure = this.#news.failed(send.record, error);
        this.#book.change(send, { failure, isGone: wasGone });
        this.#end(send, 'changed');
      },
    });
  }

  #controlOf(words: SendWords, rest: SendRest): SendControl {
    return new SendControl({
      book: this.#book,
      rest,
      words,
      contents: this.#contents,
      rows: (record) => this.#progress.rows(record),
      changed: (send) => {
        this.#reached.stopped(send);
        this.#news.progress(send.record);
      },
      reopen: (send) => this.#offering.reopen(send),
      end: (send) => this.#end(send, 'cancelled'),
    });
  }

  #answersOf(words: SendWords, rest: SendRest): SendAnswers {
    return new SendAnswers({
      ...this.#parts,
      book: this.#book,
      words,
      rest,
      settled: (send) => this.#end(send, 'noted'),
      progressed: (send, peer, bytes) => {
        if (!this.#progress.held(send.record, peer, bytes)) return;
        this.#news.progress(send.record, peer);
        this.#reached.moved(send);
      },
      answered: ({ record }, by) => this.#news.answered(record, by),
      received: ({ record }, by, version) => {
        this.#news.received(record, by, version);
        rest.received(record, version);
      },
    });
  }

  #end(send: Send, why: OfferEnd): void {
    this.#reached.stopped(send);
    const { record } = send;
    this.#parts.source.letGo(record);
    this.#news.progress({ ...record, isOpen: false });
    send.release?.();
    this.#book.change(send, { isOpen: false, ended: why, endedAt: Date.now() });
    if (why !== 'noted') this.#audience.ended(record, why);
  }
}
