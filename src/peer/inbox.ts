/**
 * What others would send to this peer: each offer waits for the user's word, or is taken by the settings `inbox.*`. What is
 * accepted is an ordinary download into a folder of its own; once it is whole, its sender gets a signed receipt, again at
 * every link until he has noted it. Nothing is written before it is accepted.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { judgeOffer } from '#src/domain/inbox-policy.js';
import { checkName } from '#src/domain/name.js';
import { printable } from '#src/domain/printable.js';
import type { HeardOffer, OfferAnswer, OfferEnd, OfferId } from '#src/domain/send-offer.js';
import type { TrustState } from '#src/domain/trust.js';
import type { ReceiveRecord } from '#src/io/database-rows.js';
import { absentAs } from '#src/io/missing.js';
import { signReceipt } from '#src/io/tell-signing.js';
import type * as Mesh from '#workers/mesh.js';
import type { AcceptOptions } from './api.js';
import type { Downloads } from './downloads.js';
import type { PeerEvent } from './events.js';
import type { Givers } from './givers.js';
import type { Home } from './home.js';
import { describedPeer, type NamedPeer } from './naming.js';
import type { Reaching } from './reaching.js';
import type { OfferRow } from './rows.js';
import { databaseError } from './share-news.js';

/** Waiting for the user's word: of one sender, and of all, as identities are free. */
const MOST_OF_ONE = 50;
const MOST_OPEN = 500;

/** Those that were turned down, so that they are not shown again when their sender links. */
const MOST_REJECTED = 1000;

export type InboxParts = {
  readonly home: Home;
  readonly downloads: Pick<Downloads, 'fetch'>;
  readonly givers: Givers;
  readonly reaching: Pick<Reaching, 'reach'>;
  readonly isLinked: (peer: PeerId) => boolean;
  readonly trustOf: (peer: PeerId) => TrustState;
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

type Open = { readonly number: number; readonly offer: HeardOffer };

type Receive = { record: ReceiveRecord; isRunning: boolean; release?: () => void };

export class Inbox {
  readonly #parts: InboxParts;
  readonly #open = new Map<OfferId, Open>();
  readonly #rejected = new Set<OfferId>();
  readonly #receives = new Map<OfferId, Receive>();
  #last = 0;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  /** What was accepted before this start goes on. */
  async begin(): Promise<void> {
    for (const [, record] of await this.#parts.home.database.all('receives')) {
      const receive: Receive = { record, isRunning: false };
      this.#receives.set(record.offerId as OfferId, receive);
      if (record.state === 'accepted') this.#run(receive);
    }
  }

  /** Those that wait for the user's word, oldest first. */
  get rows(): readonly OfferRow[] {
    return Array.from(this.#open.values(), rowOf);
  }

  /** One that is proven to be its sender's, to this peer or to all. It may have been here before. */
  hear(offer: HeardOffer): void {
    const { home, trustOf } = this.#parts;
    const { from, offerId } = offer;
    if (this.#isClosed || from === home.self.peerId || trustOf(from) === 'blocked') return;
    const receive = this.#receives.get(offerId);
    if (receive !== undefined) return this.#heardAgain(receive, offer);
    if (this.#rejected.has(offerId)) return this.#answer(from, offerId, 'rejected');
    if (this.#open.has(offerId) || checkName(offer.name, 'posix').kind === 'escape') return;
    if (!this.#isRoom(from)) return this.#answer(from, offerId, 'full');
    this.#last += 1;
    const open = { number: this.#last, offer };
    this.#open.set(offerId, open);
    this.#judge(open).catch((error: unknown) =>
      this.#parts.tell({ type: 'error', ...toRecord(error) }),
    );
  }

  /**
   * Begins to fetch what was offered. Resolves once that is written down; the download tells of itself.
   * @param word the offer's number, or the beginning of its id. @throws P2pError `not-found`, `bad-name`, `exists`
   */
  async accept(word: string, { to, ref }: AcceptOptions = {}): Promise<OfferRow> {
    const open = this.#called(word);
    await this.#take(
      open,
      to === undefined ? undefined : resolve(to) + (/[/\\]$/.test(to) ? sep : ''),
      ref,
    );
    return rowOf(open);
  }

  /** @param word the offer's number, or the beginning of its id. @throws P2pError `not-found` */
  reject(word: string): OfferRow {
    const open = this.#called(word);
    const { offerId, from } = open.offer;
    this.#open.delete(offerId);
    this.#remember(offerId);
    this.#answer(from, offerId, 'rejected');
    return rowOf(open);
  }

  /** Its sender has nothing more to say of it. */
  hearEnd(from: PeerId, offerId: OfferId, why: OfferEnd): void {
    const open = this.#open.get(offerId);
    if (open?.offer.from === from) {
      this.#open.delete(offerId);
      return this.#parts.tell({ type: 'offer-withdrawn', ...rowOf(open), why });
    }
    const receive = this.#receives.get(offerId);
    if (receive?.record.from !== from) return;
    if (why === 'noted') this.#change(receive, { state: 'noted' });
    else if (receive.record.state === 'accepted') this.#withdrawn(receive, why);
  }

  linked(peer: PeerId): void {
    for (const receive of this.#receives.values()) {
      if (receive.record.from !== peer) continue;
      if (receive.record.state === 'received') this.#sayReceipt(receive);
      if (receive.record.state === 'accepted') this.#run(receive);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { release } of this.#receives.values()) release?.();
    await this.#writing;
  }

  async #judge(open: Open): Promise<void> {
    const { home, trustOf, tell } = this.#parts;
    const { offer } = open;
    const { inbox } = home.settings;
    const judged = judgeOffer(offer, trustOf(offer.from), await this.#usedBytes(), inbox);
    if (!this.#open.has(offer.offerId)) return;
    const isTaken = judged.verdict === 'accept';
    const why = judged.verdict === 'ask' ? judged.why : undefined;
    tell({ type: 'offer-received', ...rowOf(open), isTaken, ...(why !== undefined && { why }) });
    if (isTaken) await this.#take(open, undefined, undefined, true);
  }

  /** What was taken without asking and lies there still. */
  async #usedBytes(): Promise<number> {
    let bytes = 0;
    for (const { record } of this.#receives.values()) {
      if (!record.isUnasked) continue;
      const isThere = record.path === '' || (await stat(record.path).catch(absentAs(undefined)));
      if (isThere) bytes += record.bytes;
    }
    return bytes;
  }

  async #take(open: Open, to: string | undefined, ref?: string, isUnasked = false): Promise<void> {
    const { offer } = open;
    const { offerId, from, fromName, name, id, bytes, files } = offer;
    const record: ReceiveRecord = {
      ...{ offerId, from, fromName, name, id, bytes, files, isPrivate: offer.to !== undefined },
      ...{ to: to ?? (await this.#folder()), state: 'accepted', at: Date.now(), isUnasked },
      ...{ path: '', receipt: '' },
    };
    if (!this.#open.delete(offerId)) throw gone(String(open.number));
    const receive: Receive = { record, isRunning: false };
    this.#receives.set(offerId, receive);
    await this.#parts.home.database.put('receives', offerId, record);
    this.#parts.tell({ type: 'offer-accepted', ...rowOf(open) }, ref);
    this.#run(receive);
  }

  /** @returns the inbox, made where it is missing, with a separator at its end. */
  async #folder(): Promise<string> {
    const { settings, folders } = this.#parts.home;
    const folder = settings.inbox.folder ?? join(folders.downloads, 'inbox');
    try {
      await mkdir(folder, { recursive: settings.inbox.folder === null });
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code !== 'EEXIST') {
        throw new P2pError('folder-unavailable', `the inbox cannot be used: ${message}`, { cause });
      }
    }
    return folder + sep;
  }

  /** Fetches it, unless it is being fetched; what cannot be reached now is tried again when its sender links. */
  #run(receive: Receive): void {
    if (receive.isRunning || this.#isClosed) return;
    receive.isRunning = true;
    const { id, name, to, from, offerId, isPrivate } = receive.record;
    const sender = from as PeerId;
    this.#parts.givers.add(id, sender);
    void this.#hold(receive);
    this.#answer(sender, offerId as OfferId, 'accepted');
    this.#parts.downloads.fetch({ id, name, to, isPrivate }).then(
      ({ path }) => this.#arrived(receive, path),
      (error: unknown) => this.#stopped(receive, toRecord(error).code),
    );
  }

  /** A link with the sender, as long as something is to be fetched from him. */
  async #hold(receive: Receive): Promise<void> {
    const { record, release: held } = receive;
    const peer = this.#parts.known(record.from as PeerId);
    if (held !== undefined || peer === undefined) return;
    try {
      const release = await this.#parts.reaching.reach(peer);
      if (receive.isRunning) receive.release = release;
      else release();
    } catch (error) {
      if (this.#isClosed) return;
      const message = `${toRecord(error).message}: ${printable(record.name)} is fetched when he is back`;
      this.#parts.tell({ type: 'notice', code: 'offline', message });
    }
  }

  #arrived(receive: Receive, path: string): void {
    const { self, credentials } = this.#parts.home;
    const { offerId, id, bytes, from, fromName, name, files } = receive.record;
    this.#letGo(receive);
    const receipt = {
      offerId: offerId as OfferId,
      id,
      bytes,
      sender: from as PeerId,
      at: Date.now(),
    };
    const signed = Buffer.from(signReceipt(receipt, self, credentials)).toString('base64');
    this.#change(receive, { state: 'received', path, receipt: signed }, () => {
      this.#sayReceipt(receive);
      const about = { offerId: offerId as OfferId, from: from as PeerId, fromName, name, id };
      this.#parts.tell({ type: 'offer-completed', ...about, bytes, files, path });
    });
  }

  #stopped(receive: Receive, code: string): void {
    this.#letGo(receive);
    if (this.#isClosed || code !== 'cancelled') return;
    this.#drop(receive);
    this.#answer(receive.record.from as PeerId, receive.record.offerId as OfferId, 'rejected');
  }

  #withdrawn(receive: Receive, why: OfferEnd): void {
    const { from, fromName, name } = receive.record;
    const who = describedPeer({ peerId: from as PeerId, name: fromName, host: '', port: 0 });
    const what = why === 'changed' ? 'changed what he sends' : 'takes back his offer';
    const message = `${who} ${what}: ${printable(name)} goes on only if somebody else has it`;
    this.#parts.tell({ type: 'notice', code: 'withdrawn', message });
    this.#parts.givers.remove(receive.record.id, from as PeerId);
  }

  #letGo(receive: Receive): void {
    receive.isRunning = false;
    receive.release?.();
    delete receive.release;
    this.#parts.givers.remove(receive.record.id, receive.record.from as PeerId);
  }

  #drop({ record }: Receive): void {
    this.#receives.delete(record.offerId as OfferId);
    this.#remember(record.offerId as OfferId);
    this.#inTurn(() => this.#parts.home.database.remove('receives', record.offerId));
  }

  /** He did not hear what became of it, or comes back. */
  #heardAgain(receive: Receive, { from }: HeardOffer): void {
    if (receive.record.from !== from) return;
    if (receive.record.state === 'accepted') this.#run(receive);
    else this.#sayReceipt(receive);
    if (receive.isRunning) this.#answer(from, receive.record.offerId as OfferId, 'accepted');
  }

  #sayReceipt({ record }: Receive): void {
    const payload = Buffer.from(record.receipt, 'base64');
    this.#tellPeer(record.from as PeerId, { type: 'send-receipt', payload });
  }

  #answer(peer: PeerId, offerId: OfferId, answer: OfferAnswer): void {
    this.#tellPeer(peer, { type: 'send-answer', offerId, answer });
  }

  #tellPeer(peerId: PeerId, message: Extract<Mesh.In, { type: 'tell' }>['message']): void {
    if (this.#parts.isLinked(peerId)) this.#parts.order({ type: 'tell', peerId, message });
  }

  #called(word: string): Open {
    const all = [...this.#open.values()];
    const byNumber = all.find(({ number }) => String(number) === word);
    const byId = word.length < 4 ? [] : all.filter(({ offer }) => offer.offerId.startsWith(word));
    const [open = byNumber] = byNumber === undefined ? byId : [];
    if (open === undefined || byId.length > 1) throw gone(word);
    return open;
  }

  #isRoom(from: PeerId): boolean {
    const own = [...this.#open.values()].filter(({ offer }) => offer.from === from).length;
    return own < MOST_OF_ONE && this.#open.size < MOST_OPEN;
  }

  #remember(offerId: OfferId): void {
    this.#rejected.add(offerId);
    const [oldest] = this.#rejected;
    if (this.#rejected.size > MOST_REJECTED && oldest !== undefined) this.#rejected.delete(oldest);
  }

  #change(
    receive: Receive,
    change: Partial<ReceiveRecord>,
    then: () => void = () => undefined,
  ): void {
    receive.record = { ...receive.record, ...change };
    const { record } = receive;
    this.#inTurn(async () => {
      await this.#parts.home.database.put('receives', record.offerId, record);
      then();
    });
  }

  #inTurn(work: () => Promise<void>): void {
    this.#writing = this.#writing
      .then(work)
      .catch((error: Error) => this.#parts.tell(databaseError(error)));
  }
}

function gone(word: string): P2pError {
  return new P2pError('not-found', `no offer ${printable(word)} is open: \`offers\` lists them`);
}

function rowOf({ number, offer }: Open): OfferRow {
  const { offerId, from, fromName, name, kind, id, bytes, files, sentAt, to } = offer;
  return {
    number,
    offerId,
    from,
    fromName,
    name,
    kind,
    id,
    bytes,
    files,
    sentAt,
    private: to !== undefined,
  };
}
