/**
 * What this peer sends: it has it hashed, offers it to one peer or to all, lets those have it who may, and keeps what
 * became of it with each. An offer stays open over restarts, and is said again to whoever links: until the one it is for
 * has it all or does not want it, or the user takes it back.
 */
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { checkName } from '#src/domain/name.js';
import { printable } from '#src/domain/printable.js';
import { heardOf, type Recipient } from '#src/domain/recipients.js';
import type { OfferAnswer, OfferEnd, OfferId, Receipt, SendOffer } from '#src/domain/send-offer.js';
import type { SendRecord } from '#src/io/database-rows.js';
import { signOffer } from '#src/io/tell-signing.js';
import type * as Mesh from '#workers/mesh.js';
import type { SendOptions } from './api.js';
import type { PeerEvent } from './events.js';
import type { HasherJobs } from './hasher-jobs.js';
import type { Home } from './home.js';
import type { Library } from './library.js';
import type { NamedPeer } from './naming.js';
import type { Reaching } from './reaching.js';
import type { SendRow } from './rows.js';
import { databaseError, skippedNotice, unfitName } from './share-news.js';
import { fingerprintsOf, ownPlace } from './share-paths.js';

/** Those that ended, remembered for their receipts. */
const MOST_ENDED = 1000;

export type SendsParts = {
  readonly home: Home;
  readonly library: Library;
  readonly hasherJobs: HasherJobs;
  readonly reaching: Pick<Reaching, 'reach'>;
  readonly isLinked: (peer: PeerId) => boolean;
  readonly isBlocked: (peer: PeerId) => boolean;
  /** As what it is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

type Send = { record: SendRecord; release?: () => void };

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
      const record = await this.#prepare(path, to);
      const send: Send = { record, ...(release && { release }) };
      this.#sends.set(record.offerId as OfferId, send);
      await this.#store(record);
      this.#hold(record);
      this.#parts.tell({ type: 'send-offered', ...rowOf(record) }, options.ref);
      this.#offer(record, to === undefined);
      return rowOf(record);
    } catch (error) {
      release?.();
      throw error;
    }
  }

  /** Takes an offer back; who has it all keeps it. @throws P2pError `not-found` */
  async cancel(offerId: OfferId): Promise<SendRow> {
    const send = this.#sends.get(offerId);
    if (send?.record.isOpen !== true) throw new P2pError('not-found', 'no such offer is open');
    await this.#end(send, 'cancelled');
    return rowOf(send.record);
  }

  /** A link is there: whom something is offered to that he has not answered hears of it now. */
  linked(peer: PeerId): void {
    for (const { record } of this.#sends.values()) {
      if (!record.isOpen || (record.to !== '' && record.to !== peer)) continue;
      const state = record.recipients.find(({ peerId }) => peerId === peer)?.state;
      if (state === 'rejected' || state === 'received') continue;
      this.#say(record, peer);
    }
  }

  hearAnswer(peer: PeerId, offerId: OfferId, answer: OfferAnswer): void {
    const send = this.#sends.get(offerId);
    if (send === undefined || !isFor(send.record, peer) || this.#parts.isBlocked(peer)) return;
    if (!send.record.isOpen) return this.#sayEnd(peer, offerId, 'cancelled');
    const name = this.#parts.known(peer)?.name ?? '';
    const heard: Recipient = { peerId: peer, name, state: answer, at: Date.now() };
    const recipients = heardOf(send.record.recipients, heard);
    if (recipients === undefined) return;
    this.#change(send, { recipients });
    this.#parts.tell({ type: 'offer-answered', offerId, peerId: peer, name, answer });
    if (answer === 'rejected' && send.record.to !== '') void this.#end(send, 'noted');
  }

  /** Proven to be of the peer that sent it, for something this one sent. */
  hearReceipt(peer: PeerId, receipt: Receipt, payload: Uint8Array): void {
    const { offerId, id, bytes, at } = receipt;
    const send = this.#sends.get(offerId);
    if (send === undefined || !isFor(send.record, peer)) return;
    if (send.record.id !== id || send.record.bytes !== bytes) return;
    const name = this.#parts.known(peer)?.name ?? '';
    const kept = Buffer.from(payload).toString('base64');
    const heard: Recipient = { peerId: peer, name, state: 'received', at, receipt: kept };
    const recipients = heardOf(send.record.recipients, heard);
    if (recipients === undefined) return this.#sayEnd(peer, offerId, 'noted');
    const ends = send.record.to !== '';
    this.#change(send, { recipients, isOpen: send.record.isOpen && !ends }, () => {
      this.#sayEnd(peer, offerId, 'noted');
      this.#parts.tell({ type: 'send-received', ...rowOf(send.record), peerId: peer, by: name });
    });
    if (ends) this.#letGo(send);
  }

  /** The bytes of a content are not what they were: what is left of it cannot be had any more. */
  stale(id: ContentId): void {
    for (const send of this.#sends.values()) {
      if (send.record.isOpen && send.record.id === id) void this.#changed(send);
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

  async #prepare(given: string, to: NamedPeer | undefined): Promise<SendRecord> {
    const { path } = ownPlace(given);
    const name = basename(path);
    const verdict = checkName(name, 'posix');
    if (verdict.kind !== 'ok') throw unfitName(path, verdict.why);
    const indexed = await this.#index(path);
    if (this.#isClosed) throw new P2pError('closed', 'the peer was closed');
    if (indexed.skippedCount > 0) {
      this.#parts.tell(skippedNotice({ ...indexed, type: 'skipped', path }));
    }
    const { id, kind, bytes, chunks, files } = indexed;
    return {
      ...{ offerId: randomBytes(16).toString('hex'), path, name, kind, id, bytes, chunks, files },
      ...{ to: to?.peerId ?? '', at: Date.now(), isOpen: true, recipients: [] },
    };
  }

  /** @param known what lay there when it was hashed last: what looks the same is not read again. */
  async #index(path: string, known?: ContentId) {
    const { home, hasherJobs } = this.#parts;
    const fingerprints = fingerprintsOf(home, path);
    const shared = known ?? (await home.database.get('hashed', path))?.id;
    return hasherJobs.index(path, fingerprints, shared && { id: shared, fingerprints });
  }

  #hold({ offerId, path, name, id, bytes, chunks, to }: SendRecord): void {
    const { library, home } = this.#parts;
    library.put(keyOf(offerId), {
      ...{ id, name, bytes, chunks, isOffered: to === '' },
      ...(to === '' ? {} : { only: [to as PeerId] }),
      source: { kind: 'share', path, fingerprints: fingerprintsOf(home, path) },
    });
  }

  /** After a start: what lies there may be something else by now. */
  async #goOn(send: Send): Promise<void> {
    const { path, id, to } = send.record;
    const found = await this.#index(path, id).catch(() => undefined);
    if (this.#isClosed || !send.record.isOpen) return;
    if (found?.id !== id) return this.#failed(send);
    this.#hold(send.record);
    if (to === '') return;
    const peer = this.#parts.known(to as PeerId);
    const release = peer && (await this.#reach(peer, true).catch(() => undefined));
    if (send.record.isOpen) send.release ??= release ?? (() => undefined);
    else release?.();
  }

  #offer(record: SendRecord, isForAll: boolean): void {
    if (isForAll)
      this.#parts.order({ type: 'pass', word: { kind: 'offer', offer: offerOf(record) } });
    else this.linked(record.to as PeerId);
  }

  #say(record: SendRecord, peer: PeerId): void {
    if (!this.#parts.isLinked(peer)) return;
    const { self, credentials } = this.#parts.home;
    const payload = signOffer(offerOf(record), record.at, self, credentials);
    this.#parts.order({ type: 'tell', peerId: peer, message: { type: 'send-offer', payload } });
  }

  #sayEnd(peerId: PeerId, offerId: OfferId, why: OfferEnd): void {
    this.#parts.order({ type: 'tell', peerId, message: { type: 'send-end', offerId, why } });
  }

  /** It is hashed again: what a touched file holds may be what it was. */
  async #changed(send: Send): Promise<void> {
    const found = await this.#index(send.record.path).catch(() => undefined);
    if (this.#isClosed || !send.record.isOpen) return;
    if (found?.id === send.record.id) this.#hold(send.record);
    else await this.#failed(send);
  }

  async #failed(send: Send): Promise<void> {
    const { offerId, name, path } = send.record;
    const message = `${printable(path)} changed or is gone: send it again`;
    this.#parts.tell({
      type: 'send-failed',
      offerId: offerId as OfferId,
      name,
      code: 'changed',
      message,
    });
    await this.#end(send, 'changed');
  }

  async #end(send: Send, why: OfferEnd): Promise<void> {
    const { record } = send;
    this.#letGo(send);
    this.#change(send, { isOpen: false });
    if (why !== 'noted') {
      const told = record.to === '' ? record.recipients.map(({ peerId }) => peerId) : [record.to];
      for (const peer of told) this.#sayEnd(peer as PeerId, record.offerId as OfferId, why);
    }
    await this.#writing;
  }

  #letGo(send: Send): void {
    this.#parts.library.remove(keyOf(send.record.offerId));
    send.release?.();
  }

  #change(send: Send, change: Partial<SendRecord>, then: () => void = () => undefined): void {
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
    const ended = [...this.#sends.values()].filter(({ record: { isOpen } }) => !isOpen);
    for (const { record: old } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) {
      this.#sends.delete(old.offerId as OfferId);
      await database.remove('sends', old.offerId);
    }
  }
}

function isFor({ to }: SendRecord, peer: PeerId): boolean {
  return to === '' || to === peer;
}

function offerOf({ offerId, name, kind, bytes, files, id, to }: SendRecord): SendOffer {
  const about = { offerId: offerId as OfferId, name, kind, bytes, files, id };
  return { ...about, to: to === '' ? undefined : (to as PeerId) };
}

function rowOf({
  offerId,
  name,
  path,
  id,
  bytes,
  files,
  to,
  at,
  isOpen,
  recipients,
}: SendRecord): SendRow {
  const about = { offerId: offerId as OfferId, name, path, id, bytes, files, at };
  return { ...about, to: to === '' ? null : (to as PeerId), isOpen, recipients };
}

function keyOf(offerId: string): string {
  return `send:${offerId}`;
}
