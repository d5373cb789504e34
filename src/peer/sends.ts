/**
 * What this peer sends: offered to one peer or to all, with what became of it with each. An offer stays open over restarts,
 * and is said again to whoever links: until the one it is for has it all or does not want it, or the user takes it back.
 */
import { randomBytes } from 'node:crypto';
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { heardOf, type Recipient } from '#src/domain/recipients.js';
import type { OfferAnswer, OfferEnd, OfferId, Receipt, SendOffer } from '#src/domain/send-offer.js';
import type { SendRecord } from '#src/io/database-rows.js';
import { signOffer } from '#src/io/tell-signing.js';
import type * as Mesh from '#workers/mesh.js';
import type { SendOptions } from './api.js';
import type { PeerEvent } from './events.js';
import type { Home } from './home.js';
import type { NamedPeer } from './naming.js';
import type { Reaching } from './reaching.js';
import type { SendRow } from './rows.js';
import type { Begun, Content, Listed, SendSource, Sent } from './send-source.js';
import { databaseError } from './share-news.js';

const OFFER_ID_BYTES = 16;

/** Those that ended, remembered for their receipts. */
const MOST_ENDED = 1000;

export type SendsParts = {
  readonly home: Home;
  readonly source: SendSource;
  readonly reaching: Pick<Reaching, 'reach'>;
  readonly isBlocked: (peer: PeerId) => boolean;
  /** As what it is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  /** To a linked peer alone; without a link it is not said. */
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

/** `release`: the link with the one it is for is needed no more. */
type Send = { record: SendRecord; release?: (() => void) | undefined };

export class Sends {
  readonly #parts: SendsParts;
  /** Oldest first. */
  readonly #sends = new Map<OfferId, Send>();
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: SendsParts) {
    this.#parts = parts;
  }

  /** Offers of earlier starts are open still. */
  async begin(): Promise<void> {
    const rows = await this.#parts.home.database.all('sends');
    const records = rows.map(([, record]) => record).toSorted((one, other) => one.at - other.at);
    for (const record of records) {
      const send: Send = { record };
      this.#sends.set(record.offerId as OfferId, send);
      if (record.isOpen) void this.#goOn(send);
    }
  }

  get rows(): readonly SendRow[] {
    return Array.from(this.#sends.values(), ({ record }) => rowOf(record));
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
      this.#offer(send.record);
      this.#awaitContent(send, begun);
      return rowOf(send.record);
    } catch (error) {
      release?.();
      throw error;
    }
  }

  /** Takes an offer back; who has it all keeps it. @throws P2pError `not-found` */
  async cancel(offerId: OfferId): Promise<SendRow> {
    const send = this.#sends.get(offerId);
    if (send?.record.isOpen !== true) throw new P2pError('not-found', 'no such offer is open');
    this.#end(send, 'cancelled');
    await this.#writing;
    return rowOf(send.record);
  }

  /** A link is there: what is offered to him, and was not settled with him, he hears now. */
  linked(peer: PeerId): void {
    for (const { record } of this.#sends.values()) {
      if (!record.isOpen || !isFor(record, peer)) continue;
      const state = record.recipients.find(({ peerId }) => peerId === peer)?.state;
      if (state !== 'rejected' && state !== 'received') this.#say(record, peer);
    }
  }

  hearAnswer(peer: PeerId, offerId: OfferId, answer: OfferAnswer): void {
    const send = this.#sends.get(offerId);
    if (send === undefined || !isFor(send.record, peer) || this.#parts.isBlocked(peer)) return;
    if (!send.record.isOpen) return this.#sayEnd(peer, offerId, 'cancelled');
    const name = this.#nameOf(peer);
    const isNews = this.#heard(send, { peerId: peer, name, state: answer, at: Date.now() });
    // He may have started anew since he was told.
    if (answer === 'accepted') this.#saySealed(send.record, peer);
    if (!isNews) return;
    this.#parts.tell({ type: 'offer-answered', offerId, peerId: peer, name, answer });
    if (answer === 'rejected' && send.record.to !== '') this.#end(send, 'noted');
  }

  /** Proven to be of the peer that sent it. */
  hearReceipt(peer: PeerId, receipt: Receipt, payload: Uint8Array): void {
    const { offerId, id, bytes, at } = receipt;
    const send = this.#sends.get(offerId);
    if (send === undefined || !isFor(send.record, peer)) return;
    if (send.record.id !== id || send.record.bytes !== bytes) return;
    const name = this.#nameOf(peer);
    const signed = Buffer.from(payload).toString('base64');
    const noted = () => this.#sayEnd(peer, offerId, 'noted');
    const heard: Recipient = { peerId: peer, name, state: 'received', at, receipt: signed };
    if (!this.#heard(send, heard, noted)) return noted();
    if (send.record.to !== '') this.#end(send, 'noted');
    this.#parts.tell({ type: 'send-received', ...rowOf(send.record), peerId: peer, by: name });
  }

  /** The bytes of a content are not what they were: what is there now is sent in its place. */
  stale(id: ContentId): void {
    for (const send of this.#sends.values()) {
      if (send.record.isOpen && send.record.id === id) void this.#look(send);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { release } of this.#sends.values()) release?.();
    await this.#writing;
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
    const send: Send = { record };
    this.#sends.set(offerId, send);
    await this.#store(record);
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
    this.#change(send, { id, bytes, chunks, files }, () => {
      for (const { peerId, state } of send.record.recipients) {
        if (state === 'accepted') this.#saySealed(send.record, peerId);
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

  #offer(record: SendRecord): void {
    const offer = offerOf(record);
    if (record.to !== '') this.#say(record, record.to as PeerId);
    else this.#parts.order({ type: 'pass', word: { kind: 'offer', offer } });
  }

  #say(record: SendRecord, peerId: PeerId): void {
    const { self, credentials } = this.#parts.home;
    const payload = signOffer(offerOf(record), record.at, self, credentials);
    this.#parts.order({ type: 'tell', peerId, message: { type: 'send-offer', payload } });
  }

  #saySealed({ offerId, id, bytes }: SendRecord, peerId: PeerId): void {
    if (id === '') return;
    const message = { type: 'send-sealed', offerId: offerId as OfferId, id, bytes } as const;
    this.#parts.order({ type: 'tell', peerId, message });
  }

  #sayEnd(peerId: PeerId, offerId: OfferId, why: OfferEnd): void {
    this.#parts.order({ type: 'tell', peerId, message: { type: 'send-end', offerId, why } });
  }

  #end(send: Send, why: OfferEnd): void {
    const { record } = send;
    this.#parts.source.letGo(record);
    send.release?.();
    this.#change(send, { isOpen: false });
    if (why === 'noted') return;
    const told = record.to === '' ? record.recipients.map(({ peerId }) => peerId) : [record.to];
    for (const peer of told) this.#sayEnd(peer as PeerId, record.offerId as OfferId, why);
  }

  #nameOf(peer: PeerId): string {
    return this.#parts.known(peer)?.name ?? '';
  }

  /** @param stored called once that is on the disk. @returns whether it is news. */
  #heard(send: Send, heard: Recipient, stored?: () => void): boolean {
    const recipients = heardOf(send.record.recipients, heard);
    if (recipients === undefined) return false;
    this.#change(send, { recipients }, stored);
    return true;
  }

  #change(send: Send, change: Partial<SendRecord>, then?: () => void): void {
    send.record = { ...send.record, ...change };
    const { record } = send;
    this.#writing = this.#writing
      .then(() => this.#store(record))
      .then(then)
      .catch((error: Error) => this.#parts.tell(databaseError(error)));
  }

  async #store(record: SendRecord): Promise<void> {
    const { database } = this.#parts.home;
    await database.put('sends', record.offerId, record);
    const ended = [...this.#sends.values()].filter((send) => !send.record.isOpen);
    for (const { record: old } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) {
      this.#sends.delete(old.offerId as OfferId);
      await database.remove('sends', old.offerId);
    }
  }
}

function isFor({ to }: SendRecord, peer: PeerId): boolean {
  return to === '' || to === peer;
}

function offerOf({ offerId, name, kind, bytes, files, draft, id, to }: SendRecord): SendOffer {
  const about = { offerId: offerId as OfferId, name, kind, bytes, files, draft };
  return { ...about, id: id === '' ? undefined : id, to: to === '' ? undefined : (to as PeerId) };
}

function sentBy({ offerId, path, name, to }: SendRecord): Sent {
  return { offerId: offerId as OfferId, path, name, to };
}

function recordOf(
  sent: Sent,
  { draft, kind, id, bytes, chunks, files }: Listed & Pick<SendRecord, 'id'>,
): Omit<SendRecord, 'isOpen' | 'recipients'> {
  return { ...sent, draft, kind, id, bytes, chunks, files, at: Date.now() };
}

function rowOf({ offerId, name, path, id, bytes, files, at, to, ...state }: SendRecord): SendRow {
  const { isOpen, recipients } = state;
  const about = { offerId: offerId as OfferId, name, path, id: id === '' ? null : id };
  const whom = to === '' ? null : (to as PeerId);
  return { ...about, bytes, files, at, to: whom, isOpen, recipients };
}
