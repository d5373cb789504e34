/**
 * What this peer sends: offered to one peer or to all, with what became of it with each. An offer stays open over restarts,
 * and is said again to whoever links: until the one it is for has it all or does not want it, or the user takes it back.
 */
import { randomBytes } from 'node:crypto';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { heardOf, type Recipient } from '#src/domain/recipients.js';
import type { OfferAnswer, OfferEnd, OfferId, Receipt } from '#src/domain/send-offer.js';
import type { SendRecord } from '#src/io/database-rows.js';
import type * as Mesh from '#workers/mesh.js';
import type * as TransferServer from '#workers/transfer-server.js';
import type { SendOptions } from './api.js';
import type { PeerEvent } from './events.js';
import type { Home } from './home.js';
import type { NamedPeer } from './naming.js';
import type { Reaching } from './reaching.js';
import type { SendRow } from './rows.js';
import { type Send, SendBook } from './send-book.js';
import { SendProgress, sendTransferId } from './send-progress.js';
import { isFor, recordOf, rowOf, sentBy } from './send-rows.js';
import type { Begun, Content, SendSource } from './send-source.js';
import { SendWords } from './send-words.js';
import type { TransferRow } from './transfer-rows.js';

const OFFER_ID_BYTES = 16;

export type SendsParts = {
  readonly home: Pick<Home, 'self' | 'credentials' | 'database'>;
  readonly source: Pick<SendSource, 'locate' | 'begin' | 'hold' | 'letGo'>;
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
  readonly #parts: SendsParts;
  readonly #book: SendBook;
  readonly #words: SendWords;
  readonly #progress = new SendProgress();
  #isClosed = false;

  constructor(parts: SendsParts) {
    this.#parts = parts;
    this.#book = new SendBook(parts.home.database, parts.tell);
    this.#words = new SendWords(parts.home, parts.order);
  }

  /** Offers of earlier starts are open still. */
  async begin(): Promise<void> {
    await this.#book.read();
    for (const send of this.#book.open) void this.#goOn(send);
  }

  /** As rows of `transfers`, oldest first. */
  get transfers(): readonly TransferRow[] {
    return this.#book.all.flatMap(({ record }) => this.#progress.rows(record));
  }

  /** Bytes of contents that left for peers. */
  hearServed(to: readonly TransferServer.ServedTo[]): void {
    const records = this.#book.open.map(({ record }) => record);
    for (const record of this.#progress.served(to, records)) this.#tellProgress(record);
  }

  /** @returns the open one that is called so, or whose id begins so; undefined where none or several are. */
  called(word: string): OfferId | undefined {
    return this.#book.called(word);
  }

  get rows(): readonly SendRow[] {
    return this.#book.all.map(({ record }) => rowOf(record));
  }

  /**
   * Resolves once it is offered: said to the one it is for, or kept until he is back, or said to all.
   * @param to everybody where it is undefined
   * @throws P2pError `not-found`, `unreadable`, `bad-name`, `too-large`, `offline`, `closed`
   */
  async send(path: string, to: NamedPeer | undefined, options: SendOptions = {}): Promise<SendRow> {
    const release = to && (await this.#reach(to, options.whenBack === true));
    try {
      const { send, begun } = await this.#begin(path, to?.peerId ?? '');
      send.release = release;
      this.#parts.tell({ type: 'send-offered', ...rowOf(send.record) }, options.ref);
      this.#words.offer(send.record, this.#parts.linked());
      this.#awaitContent(send, begun);
      return rowOf(send.record);
    } catch (error) {
      release?.();
      throw error;
    }
  }

  /** Takes an offer back; who has it all keeps it. @throws P2pError `not-found` */
  async cancel(offerId: OfferId): Promise<TransferRow> {
    const send = this.#book.get(offerId);
    if (send?.record.isOpen !== true) throw new P2pError('not-found', 'no such offer is open');
    this.#end(send, 'cancelled');
    await this.#book.written();
    const [row] = this.#progress.rows(send.record);
    if (row === undefined) throw new Error('a send is one transfer at least');
    return { ...row, state: 'cancelled' };
  }

  /** A link is there: what is offered to him, and was not settled with him, he hears now. */
  linked(peer: PeerId): void {
    for (const { record } of this.#book.open) {
      if (!isFor(record, peer)) continue;
      const state = record.recipients.find(({ peerId }) => peerId === peer)?.state;
      if (state !== 'rejected' && state !== 'received') this.#words.offerTo(record, peer);
    }
  }

  hearAnswer(peer: PeerId, offerId: OfferId, answer: OfferAnswer): void {
    const send = this.#book.get(offerId);
    if (send === undefined || !isFor(send.record, peer) || this.#parts.isBlocked(peer)) return;
    if (!send.record.isOpen) return this.#words.end(peer, offerId, 'cancelled');
    const name = this.#nameOf(peer);
    const isNews = this.#heard(send, { peerId: peer, name, state: answer, at: Date.now() });
    // He may have started anew since he was told.
    if (answer === 'accepted') this.#words.sealed(send.record, peer);
    if (!isNews) return;
    this.#parts.tell({ type: 'offer-answered', offerId, peerId: peer, name, answer });
    if (answer === 'rejected' && send.record.to !== '') this.#end(send, 'noted');
  }

  /** Proven to be of the peer that sent it. */
  hearReceipt(peer: PeerId, receipt: Receipt, payload: Uint8Array): void {
    const { offerId, id, bytes, at } = receipt;
    const send = this.#book.get(offerId);
    if (send === undefined || !isFor(send.record, peer)) return;
    if (send.record.id !== id || send.record.bytes !== bytes) return;
    const name = this.#nameOf(peer);
    const signed = Buffer.from(payload).toString('base64');
    const noted = () => this.#words.end(peer, offerId, 'noted');
    const heard: Recipient = { peerId: peer, name, state: 'received', at, receipt: signed };
    if (!this.#heard(send, heard, noted)) return noted();
    if (send.record.to !== '') this.#end(send, 'noted');
    this.#parts.tell({ type: 'send-received', ...rowOf(send.record), peerId: peer, by: name });
    this.#tellProgress(send.record);
    this.#tellCompleted(send.record, id);
  }

  /** The bytes of a content are not what they were: what is there now is sent in its place. */
  stale(id: ContentId): void {
    for (const send of this.#book.open) if (send.record.id === id) void this.#look(send);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
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
      throw error;
    }
  }

  async #begin(given: string, to: string): Promise<{ send: Send; begun: Begun }> {
    const { source } = this.#parts;
    const offerId = randomBytes(OFFER_ID_BYTES).toString('hex') as OfferId;
    const sent = { offerId, ...source.locate(given), to };
    const begun = await source.begin(sent);
    if (this.#isClosed) throw new P2pError('closed', 'the peer was closed');
    const { listed, soon } = begun;
    const content = { ...listed, id: '' as const, ...soon };
    const record = { ...recordOf(sent, content), isOpen: true, recipients: [] };
    const send = await this.#book.add(record);
    if (soon !== undefined) source.hold(sent, soon);
    return { send, begun };
  }

  /** Whoever accepted is told what it came to be, once all of it is hashed. */
  #awaitContent(send: Send, { content }: Pick<Begun, 'content'>): void {
    content.then(
      (known) => this.#seal(send, known),
      (error: unknown) => this.#fail(send, toRecord(error)),
    );
  }

  #seal(send: Send, { id, bytes, chunks, files }: Content): void {
    if (this.#isClosed || !send.record.isOpen) return;
    this.#parts.source.hold(sentBy(send.record), { id, bytes, chunks, files });
    if (send.record.id === id) return;
    this.#book.change(send, { id, bytes, chunks, files }, () => {
      for (const { peerId, state } of send.record.recipients) {
        if (state === 'accepted') this.#words.sealed(send.record, peerId);
      }
    });
  }

  /** After a start: what lies there may be something else by now. */
  async #goOn(send: Send): Promise<void> {
    await this.#look(send);
    const peer = this.#parts.known(send.record.to as PeerId);
    const release = peer && (await this.#reach(peer, true).catch(() => undefined));
    if (send.record.isOpen && !this.#isClosed) send.release = release;
    else release?.();
  }

  /** Lists and hashes it anew; what looks the same is not read again. */
  async #look(send: Send): Promise<void> {
    const { id } = send.record;
    try {
      const sent = sentBy(send.record);
      const begun = await this.#parts.source.begin(sent, id === '' ? undefined : id);
      this.#awaitContent(send, begun);
    } catch (error) {
      this.#fail(send, toRecord(error));
    }
  }

  #fail(send: Send, { message }: ErrorRecord): void {
    if (this.#isClosed || !send.record.isOpen) return;
    const { offerId, name, path } = send.record;
    const why = `${printable(path)} cannot be sent any more: ${message}`;
    const about = { offerId: offerId as OfferId, name, code: 'changed', message: why } as const;
    this.#parts.tell({ type: 'send-failed', ...about });
    this.#end(send, 'changed');
  }

  #tellProgress(record: SendRecord): void {
    for (const row of this.#progress.rows(record)) this.#parts.tell({ type: 'transfer', ...row });
  }

  #tellCompleted({ offerId, path, bytes, files, at }: SendRecord, root: ContentId): void {
    const about = { transferId: sendTransferId(offerId), path, bytes, files, root };
    this.#parts.tell({ type: 'transfer-completed', ...about, ms: Math.max(0, Date.now() - at) });
  }

  #end(send: Send, why: OfferEnd): void {
    const { record } = send;
    this.#parts.source.letGo(record);
    this.#tellProgress({ ...record, isOpen: false });
    send.release?.();
    this.#book.change(send, { isOpen: false });
    if (why === 'noted') return;
    const told = record.to === '' ? record.recipients.map(({ peerId }) => peerId) : [record.to];
    for (const peer of told) this.#words.end(peer as PeerId, record.offerId as OfferId, why);
  }

  #nameOf(peer: PeerId): string {
    return this.#parts.known(peer)?.name ?? '';
  }

  /** @param stored called once that is on the disk. @returns whether it is news. */
  #heard(send: Send, heard: Recipient, stored?: () => void): boolean {
    const recipients = heardOf(send.record.recipients, heard);
    if (recipients === undefined) return false;
    this.#book.change(send, { recipients }, stored);
    return true;
  }
}
