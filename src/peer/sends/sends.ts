/**
 * What this peer sends: offered to one peer or to all, with what became of it with each. An offer stays open over restarts,
 * and is said again to whoever links: until the one it is for has it all or does not want it, or the user takes it back.
 */
import { randomBytes } from 'node:crypto';
import { type ErrorRecord, P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { OfferEnd, OfferId } from '#src/domain/send/send-offer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { SendOptions } from '#src/peer/api.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type { NamedPeer } from '#src/peer/network/naming.js';
import type { Reaching } from '#src/peer/network/reaching.js';
import type { SendRow } from '#src/peer/rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type * as Mesh from '#workers/mesh.js';
import type * as TransferServer from '#workers/transfer-server.js';
import { SendAnswers } from './send-answers.js';
import { type Send, SendBook } from './send-book.js';
import { SendContents } from './send-contents.js';
import { SendControl } from './send-control.js';
import { SendNews } from './send-news.js';
import { SendProgress } from './send-progress.js';
import { isFor, isSameSize, recordOf, rowOf, skippedEvent, takersOf } from './send-rows.js';
import type { Begun, SendSource } from './send-source.js';
import { SendWords } from './send-words.js';

const OFFER_ID_BYTES = 16;

export type SendsParts = {
  readonly home: Pick<Home, 'self' | 'credentials' | 'database'>;
  readonly source: Pick<
    SendSource,
    'locate' | 'begin' | 'hold' | 'holdBack' | 'giveAgain' | 'letGo'
  >;
  /** Those with whom there is a link now. */
  readonly linked: () => readonly PeerId[];
  readonly reaching: Pick<Reaching, 'reach'>;
  readonly isBlocked: (peer: PeerId) => boolean;
  /** As what it is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  /** To a linked peer alone; without a link it is not said. */
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

export class Sends {
  readonly answers: SendAnswers;
  readonly control: SendControl;
  readonly #parts: SendsParts;
  readonly #book: SendBook;
  readonly #words: SendWords;
  readonly #contents: SendContents;
  readonly #progress = new SendProgress();
  readonly #news: SendNews;
  #isClosed = false;

  constructor(parts: SendsParts) {
    this.#parts = parts;
    const { source, tell } = parts;
    this.#news = new SendNews(this.#progress, tell);
    const book = new SendBook(parts.home.database, tell);
    const words = new SendWords(parts.home, parts.order);
    this.#book = book;
    this.#words = words;
    this.#contents = new SendContents({
      source,
      book,
      tell,
      sealed: ({ record }, before) => {
        for (const peer of takersOf(record)) words.sealed(record, peer);
        if (!isSameSize(record, before)) this.#state(record);
      },
      givenAgain: ({ record }) => {
        for (const peer of takersOf(record)) words.pause(record, peer);
      },
      failed: (send, error) => this.#failed(send, error),
    });
    this.control = new SendControl({
      book,
      words,
      contents: this.#contents,
      rows: (record) => this.#progress.rows(record),
      changed: (record) => this.#news.progress(record),
      end: (send) => this.#end(send, 'cancelled'),
    });
    this.answers = new SendAnswers({
      ...parts,
      book,
      words,
      settled: (send) => this.#end(send, 'noted'),
      progressed: ({ record }, peer, bytes) => {
        if (this.#progress.held(record, peer, bytes)) this.#news.progress(record, peer);
      },
      answered: ({ record }) => this.#news.progress(record, null),
      hindered: ({ record }, by) => this.#news.hindered(record, by),
      received: ({ record }) => this.#news.received(record),
    });
  }

  /** Offers of earlier starts are open still. */
  read(): Promise<void> {
    return this.#book.read();
  }

  /** They are looked at, as what lies there may be something else by now. */
  begin(): void {
    for (const send of this.#book.open) void this.#goOn(send);
  }

  /** As rows of `transfers`, oldest first. */
  get transfers(): readonly TransferRow[] {
    return this.#book.all.flatMap(({ record }) => this.#progress.rows(record));
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
    const release = to && (await this.#reach(to, options.whenBack === true));
    try {
      const { send, begun } = await this.#begin(path, to, options.exclude);
      send.release = release;
      const away = to !== undefined && release === undefined ? ({ isAway: true } as const) : {};
      this.#parts.tell({ type: 'send-offered', ...rowOf(send.record), ...away }, options.ref);
      const skipped = skippedEvent(send.record, begun.listed);
      if (skipped !== undefined) this.#parts.tell(skipped, options.ref);
      this.#words.offer(send.record, this.#parts.linked());
      this.#contents.await(send, begun);
      if (to === undefined) this.#news.progress(send.record);
      return rowOf(send.record);
    } catch (error) {
      release?.();
      throw error;
    }
  }

  /** The bytes of a content are not what they were. */
  stale(id: ContentId): void {
    this.#contents.stale(id);
  }

  /** A link is there: what is offered to him, and was not settled with him, he hears now. */
  linked(peer: PeerId): void {
    for (const { record } of this.#book.open) {
      if (!isFor(record, peer)) continue;
      const state = record.recipients.find(({ peerId }) => peerId === peer)?.state;
      if (state !== 'rejected' && state !== 'received') this.#words.offerTo(record, peer);
    }
  }

  /** It has become more or less than was offered: who has not answered is told, before he says yes to what it is not. */
  #state(record: SendRecord): void {
    if (!record.isOpen) return;
    const answered = new Set(record.recipients.map(({ peerId }) => peerId));
    const linked = this.#parts.linked().filter((peer) => !answered.has(peer));
    if (record.to === '' || !answered.has(record.to as PeerId)) this.#words.offer(record, linked);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#contents.close();
    for (const { release } of this.#book.all) release?.();
    await this.#book.written();
  }

  /** @returns what says that the link is needed no more; undefined where there is none yet. */
  async #reach(to: NamedPeer, mayWait: boolean): Promise<(() => void) | undefined> {
    try {
      return await this.#parts.reaching.reach(to);
    } catch (error) {
      const isAway = error instanceof P2pError && error.code === 'offline';
      if (isAway && mayWait) return undefined;
      if (!isAway) throw error;
      const message = `${error.message}: with --when-back it is offered once he is`;
      throw new P2pError('offline', message, { cause: error });
    }
  }

  async #begin(
    given: string | readonly string[],
    to: NamedPeer | undefined,
    exclude: readonly string[] = [],
  ): Promise<{ send: Send; begun: Begun }> {
    const { source } = this.#parts;
    const offerId = randomBytes(OFFER_ID_BYTES).toString('hex') as OfferId;
    const rules = exclude.length === 0 ? {} : { exclude };
    const whom = { to: to?.peerId ?? '', ...(to && to.name !== '' && { toName: to.name }) };
    const sent = { offerId, ...source.locate(given), ...rules, ...whom };
    const begun = await source.begin(sent);
    if (this.#isClosed) throw new P2pError('closed', 'the peer was closed');
    const { listed, soon } = begun;
    const content = { ...listed, id: '' as const, ...soon };
    const record = { ...recordOf(sent, content), isOpen: true, recipients: [] };
    const send = await this.#book.add(record);
    if (soon !== undefined) source.hold(sent, soon);
    return { send, begun };
  }

  /** After a start: what lies there may be something else by now. */
  async #goOn(send: Send): Promise<void> {
    await this.#contents.look(send);
    const peer = this.#parts.known(send.record.to as PeerId);
    const release = peer && (await this.#reach(peer, true).catch(() => undefined));
    if (send.record.isOpen && !this.#isClosed) send.release = release;
    else release?.();
  }

  #failed(send: Send, { message }: ErrorRecord): void {
    const { offerId, name, path } = send.record;
    const why = `${printable(path)} cannot be sent any more: ${message}`;
    const about = { offerId: offerId as OfferId, name, code: 'changed', message: why } as const;
    this.#parts.tell({ type: 'send-failed', ...about });
    this.#book.change(send, { failure: why });
    this.#end(send, 'changed');
  }

  #end(send: Send, why: OfferEnd): void {
    const { record } = send;
    this.#parts.source.letGo(record);
    this.#news.progress({ ...record, isOpen: false });
    send.release?.();
    this.#book.change(send, { isOpen: false, ended: why });
    if (why === 'noted') return;
    // One to all may wait for an answer with anybody: who is not linked hears it when he asks for it.
    const told = record.to === '' ? this.#parts.linked() : [record.to as PeerId];
    for (const peer of told) this.#words.end(peer, record.offerId as OfferId, why);
  }
}
