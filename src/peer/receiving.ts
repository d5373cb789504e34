/**
 * What was offered to this peer and accepted: an ordinary download into the inbox, begun anew whenever its sender links
 * until it is whole. Then its sender gets a signed receipt, at every link until he has noted it. All of it outlasts
 * restarts.
 */
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import {
  type OfferEnd,
  type OfferId,
  type OfferKey,
  offerKey,
  type Sealed,
} from '#src/domain/send-offer.js';
import type { ReceiveRecord } from '#src/io/database-rows.js';
import { signReceipt } from '#src/io/tell-signing.js';
import type * as Mesh from '#workers/mesh.js';
import type { DownloadResult } from './api.js';
import type { Downloads } from './downloads.js';
import type { PeerEvent } from './events.js';
import type { Givers } from './givers.js';
import type { Home } from './home.js';
import { describedPeer, type NamedPeer } from './naming.js';
import type { Reaching } from './reaching.js';
import { databaseError } from './share-news.js';
import { type Unasked, unaskedOf } from './unasked.js';

/** Those whose sender has the receipt, remembered so that they are not taken for new ones. */
const MOST_NOTED = 1000;

export type ReceivingParts = {
  readonly home: Home;
  readonly downloads: Pick<Downloads, 'fetch' | 'seal'>;
  readonly givers: Givers;
  readonly reaching: Pick<Reaching, 'reach'>;
  /** As what a peer is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  /** To a linked peer alone; without a link it is not said. */
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

/** `release`: the link with its sender is needed no more. */
type Receive = { record: ReceiveRecord; isRunning: boolean; release?: () => void };

export class Receiving {
  readonly #parts: ReceivingParts;
  readonly #receives = new Map<OfferKey, Receive>();
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(parts: ReceivingParts) {
    this.#parts = parts;
  }

  /** What was accepted before this start goes on. */
  async begin(): Promise<void> {
    for (const [, record] of await this.#parts.home.database.all('receives')) {
      const receive: Receive = { record, isRunning: false };
      this.#receives.set(keyOf(record), receive);
      if (record.state === 'accepted') this.#run(receive);
    }
  }

  /**
   * What is fetched by the draft of one offer is never said to be of another.
   * @throws P2pError `exists`
   */
  requireUnknown(draft: ContentId): void {
    for (const { record } of this.#receives.values()) {
      if (record.draft !== draft || record.state !== 'accepted') continue;
      const what = `${printable(record.name)} of ${printable(record.fromName)}`;
      const why = `${what} is fetched already, and lists the same: \`cancel\` that first`;
      throw new P2pError('exists', why);
    }
  }

  /** Written down before anything of it is fetched. @throws P2pError `data-failed` */
  async accept(record: ReceiveRecord): Promise<void> {
    const receive: Receive = { record, isRunning: false };
    this.#receives.set(keyOf(record), receive);
    try {
      await this.#parts.home.database.put('receives', keyOf(record), record);
    } catch (cause) {
      this.#receives.delete(keyOf(record));
      const why = `it could not be written down: ${(cause as Error).message}`;
      throw new P2pError('data-failed', why, { cause });
    }
    this.#run(receive);
  }

  /** Its sender has not heard what became of it, or is back. @returns whether it was accepted before */
  heardAgain(offerId: OfferId, from: PeerId): boolean {
    const receive = this.#receives.get(offerKey(from, offerId));
    if (receive !== undefined) this.#goOn(receive);
    return receive !== undefined;
  }

  /** Its sender has nothing more to say of it. */
  hearEnd(from: PeerId, offerId: OfferId, why: OfferEnd): void {
    const receive = this.#receives.get(offerKey(from, offerId));
    if (receive === undefined) return;
    const { state } = receive.record;
    if (why === 'noted' && state === 'received') this.#noted(receive);
    if (why !== 'noted' && state === 'accepted') this.#withdrawn(receive, why);
  }

  /** What an offer came to be, as its sender says. It is fetched by that from now on. */
  hearSealed(from: PeerId, { offerId, id, failed = [], failedCount = 0 }: Sealed): void {
    const receive = this.#receives.get(offerKey(from, offerId));
    if (receive?.record.state !== 'accepted') return;
    const { draft, id: before } = receive.record;
    if (before === id) return;
    if (before !== '') this.#parts.givers.remove(before, from);
    this.#parts.givers.add(id, from);
    this.#change(receive, { id, failedCount }, () => {
      this.#parts.downloads.seal(draft, id, failedCount);
    });
    if (failedCount === 0) return;
    const about = { offerId, direction: 'down', name: receive.record.name } as const;
    this.#parts.tell({ type: 'files-failed', ...about, failed, failedCount });
  }

  linked(peer: PeerId): void {
    for (const receive of this.#receives.values()) {
      if (receive.record.from === peer && receive.record.state !== 'noted') this.#goOn(receive);
    }
  }

  /** What was taken without asking and lies where it was put, or is on its way. */
  async unasked(): Promise<Unasked> {
    return unaskedOf(Array.from(this.#receives.values(), ({ record }) => record));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { release } of this.#receives.values()) release?.();
    await this.#writing;
  }

  #goOn(receive: Receive): void {
    if (receive.record.state !== 'accepted') return this.#sayReceipt(receive);
    if (receive.isRunning) this.#sayAccepted(receive);
    else this.#run(receive);
  }

  /** What cannot be reached now is tried again when its sender links. */
  #run(receive: Receive): void {
    if (this.#isClosed) return;
    receive.isRunning = true;
    const { givers, downloads } = this.#parts;
    const { draft, id, name, bytes, to, from, isPrivate, failedCount } = receive.record;
    givers.add(draft, from as PeerId);
    if (id !== '') givers.add(id, from as PeerId);
    if (id !== '') downloads.seal(draft, id, failedCount);
    void this.#hold(receive);
    this.#sayAccepted(receive);
    downloads.fetch({ draft, name, bytes, to, isPrivate }).then(
      (arrived) => this.#arrived(receive, arrived),
      (error: unknown) => this.#stopped(receive, toRecord(error).code),
    );
  }

  /** A link with the sender, as long as something is to be fetched from him. */
  async #hold(receive: Receive): Promise<void> {
    const { record } = receive;
    const peer = this.#parts.known(record.from as PeerId);
    if (peer === undefined) return;
    try {
      const release = await this.#parts.reaching.reach(peer);
      receive.release?.();
      if (receive.isRunning) receive.release = release;
      else release();
    } catch (error) {
      if (this.#isClosed) return;
      const what = printable(record.name);
      const message = `${toRecord(error).message}: ${what} is fetched when he is back`;
      this.#parts.tell({ type: 'notice', code: 'offline', message });
    }
  }

  #arrived(receive: Receive, { path, id, bytes }: DownloadResult): void {
    const { self, credentials } = this.#parts.home;
    const { from, fromName, name, files, failedCount: failed = 0 } = receive.record;
    const [offerId, sender] = [receive.record.offerId as OfferId, from as PeerId];
    this.#letGo(receive);
    const receipt = { offerId, id, bytes, sender, at: Date.now() };
    const signed = Buffer.from(signReceipt(receipt, self, credentials)).toString('base64');
    this.#change(receive, { state: 'received', id, bytes, path, receipt: signed }, () => {
      this.#sayReceipt(receive);
      const about = { offerId, from: sender, fromName, name, id, bytes, files, failed };
      this.#parts.tell({ type: 'offer-completed', ...about, path });
    });
  }

  /** What failed for want of sources or room goes on at the next link; what the user gave up does not. */
  #stopped(receive: Receive, code: string): void {
    this.#letGo(receive);
    if (this.#isClosed || code !== 'cancelled') return;
    const { offerId, from } = receive.record;
    this.#forget(receive);
    this.#say(from, { type: 'send-answer', offerId: offerId as OfferId, answer: 'rejected' });
  }

  /** What was taken without asking counts as long as it lies here. */
  #noted(receive: Receive): void {
    const { offerId, from, fromName, name } = receive.record;
    const about = { offerId: offerId as OfferId, from: from as PeerId, fromName, name };
    this.#change(receive, { state: 'noted' }, () =>
      this.#parts.tell({ type: 'receipt-noted', ...about }),
    );
    const noted = [...this.#receives.values()].filter(
      ({ record }) => record.state === 'noted' && !record.isUnasked,
    );
    for (const old of noted.slice(0, Math.max(0, noted.length - MOST_NOTED))) this.#forget(old);
  }

  #forget({ record }: Receive): void {
    this.#receives.delete(keyOf(record));
    this.#inTurn(() => this.#parts.home.database.remove('receives', keyOf(record)));
  }

  #withdrawn({ record }: Receive, why: OfferEnd): void {
    const { from, fromName, name } = record;
    const sender = { peerId: from as PeerId, name: fromName, host: '', port: 0 };
    const what = why === 'changed' ? 'changed what he sends' : 'takes back his offer';
    const message = `${describedPeer(sender)} ${what}: ${printable(name)} goes on only if somebody else has it`;
    this.#parts.tell({ type: 'notice', code: 'withdrawn', message });
    this.#ungiven(record);
  }

  #letGo(receive: Receive): void {
    receive.isRunning = false;
    receive.release?.();
    delete receive.release;
    this.#ungiven(receive.record);
  }

  #ungiven({ draft, id, from }: ReceiveRecord): void {
    const { givers } = this.#parts;
    givers.remove(draft, from as PeerId);
    if (id !== '') givers.remove(id, from as PeerId);
  }

  #sayAccepted({ record }: Receive): void {
    const offerId = record.offerId as OfferId;
    this.#say(record.from, { type: 'send-answer', offerId, answer: 'accepted' });
  }

  #sayReceipt({ record }: Receive): void {
    const payload = Buffer.from(record.receipt, 'base64');
    this.#say(record.from, { type: 'send-receipt', payload });
  }

  #say(peer: string, message: Extract<Mesh.In, { type: 'tell' }>['message']): void {
    this.#parts.order({ type: 'tell', peerId: peer as PeerId, message });
  }

  #change(receive: Receive, change: Partial<ReceiveRecord>, then?: () => void): void {
    receive.record = { ...receive.record, ...change };
    const { record } = receive;
    this.#inTurn(async () => {
      await this.#parts.home.database.put('receives', keyOf(record), record);
      then?.();
    });
  }

  #inTurn(work: () => Promise<void>): void {
    this.#writing = this.#writing
      .then(work)
      .catch((error: Error) => this.#parts.tell(databaseError(error)));
  }
}

function keyOf({ from, offerId }: ReceiveRecord): OfferKey {
  return offerKey(from as PeerId, offerId as OfferId);
}
