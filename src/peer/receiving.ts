/**
 * What was offered to this peer and accepted: an ordinary download into the inbox, begun anew whenever its sender links
 * until it is whole. Then its sender gets a signed receipt, at every link until he has noted it. All of it outlasts
 * restarts.
 */
import { type ErrorRecord, P2pError, toRecord } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { OfferEnd, OfferId, Sealed } from '#src/domain/send-offer.js';
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
import { type Receive, ReceiveBook } from './receive-book.js';
import { ReceiveControl } from './receive-control.js';
import { ReceiveProgress } from './receive-progress.js';
import { type Unasked, unaskedOf } from './unasked.js';

export type ReceivingParts = {
  readonly home: Home;
  readonly downloads: Pick<Downloads, 'fetch' | 'seal' | 'holdBack'>;
  readonly givers: Givers;
  readonly reaching: Pick<Reaching, 'reach'>;
  /** As what a peer is known; undefined where it is not, or is blocked. */
  readonly known: (peer: PeerId) => NamedPeer | undefined;
  /** To a linked peer alone; without a link it is not said. */
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

export class Receiving {
  readonly #parts: ReceivingParts;
  readonly control: ReceiveControl;
  readonly #book: ReceiveBook;
  readonly #progress: ReceiveProgress;
  #isClosed = false;

  constructor(parts: ReceivingParts) {
    this.#parts = parts;
    this.#book = new ReceiveBook(parts.home.database, parts.tell);
    this.#progress = new ReceiveProgress((to, offerId, bytes) =>
      this.#say(to, { type: 'send-progress', offerId, bytes }),
    );
    this.control = new ReceiveControl({
      book: this.#book,
      run: (receive) => this.#run(receive),
      giveUp: (receive) => this.#giveUp(receive),
    });
  }

  /** What was accepted before this start goes on. */
  async begin(): Promise<void> {
    await this.#book.read();
    for (const receive of this.#book.open) this.#run(receive);
  }

  /**
   * What is fetched by the draft of one offer is never said to be of another.
   * @throws P2pError `exists`
   */
  requireUnknown(draft: ContentId): void {
    const receive = this.#book.fetchedBy(draft);
    if (receive === undefined) return;
    const { name, fromName } = receive.record;
    const what = `${printable(name)} of ${printable(fromName)}`;
    const why = `${what} is fetched already, and lists the same: \`cancel\` that first`;
    throw new P2pError('exists', why);
  }

  /** Written down before anything of it is fetched. @throws P2pError `data-failed` */
  async accept(record: ReceiveRecord): Promise<void> {
    this.#run(await this.#book.add(record));
  }

  /** Its sender has not heard what became of it, or is back. @returns whether it was accepted before */
  heardAgain(offerId: OfferId, from: PeerId): boolean {
    const receive = this.#book.get(from, offerId);
    if (receive !== undefined) this.#goOn(receive);
    return receive !== undefined;
  }

  /** Its sender has nothing more to say of it. */
  hearEnd(from: PeerId, offerId: OfferId, why: OfferEnd): void {
    const receive = this.#book.get(from, offerId);
    if (receive === undefined) return;
    const { state } = receive.record;
    if (why === 'noted' && state === 'received') this.#noted(receive);
    if (why !== 'noted' && state === 'accepted') this.#withdrawn(receive, why);
  }

  /** What an offer came to be, as its sender says. It is fetched by that from now on. */
  hearSealed(from: PeerId, { offerId, id, failed = [], failedCount = 0 }: Sealed): void {
    const receive = this.#book.get(from, offerId);
    if (receive?.record.state !== 'accepted') return;
    const { draft, id: before } = receive.record;
    if (before === id) return;
    if (before !== '') this.#parts.givers.remove(before, from);
    if (!receive.isHeldBack) this.#parts.givers.add(id, from);
    this.#book.change(receive, { id, failedCount }, () => {
      this.#parts.downloads.seal(draft, id, failedCount);
      // What it was before may have failed, as its sender has that no more.
      if (!receive.isRunning) this.#run(receive);
    });
    if (failedCount === 0) return;
    const about = { offerId, direction: 'down', name: receive.record.name } as const;
    this.#parts.tell({ type: 'files-failed', ...about, failed, failedCount });
  }

  /** Its sender gives nothing of it for now, or does again: nothing of that is a failure. */
  hearPause(from: PeerId, { offerId, isPaused }: { offerId: OfferId; isPaused: boolean }): void {
    const receive = this.#book.get(from, offerId);
    if (receive?.record.state !== 'accepted' || receive.isHeldBack === isPaused) return;
    if (isPaused) this.#ungiven(receive);
    this.#holdBack(receive, isPaused);
    if (!isPaused) this.#given(receive);
    const { fromName, name } = receive.record;
    this.#parts.tell({ type: 'offer-paused', offerId, from, fromName, name, isPaused });
  }

  linked(peer: PeerId): void {
    for (const receive of this.#book.all) {
      if (receive.record.from === peer && receive.record.state !== 'noted') this.#goOn(receive);
    }
  }

  /** What was taken without asking and lies where it was put, or is on its way. */
  async unasked(): Promise<Unasked> {
    return unaskedOf(this.#book.all.map(({ record }) => record));
  }

  /** What arrives still is noted; what does not goes on at the next start. */
  beginClosing(): void {
    this.#isClosed = true;
  }

  async close(): Promise<void> {
    for (const { release } of this.#book.all) release?.();
    await this.#book.written();
  }

  #goOn(receive: Receive): void {
    if (receive.record.state !== 'accepted') return this.#sayReceipt(receive);
    if (receive.isRunning) this.#sayAccepted(receive);
    // What is not what was offered is not fetched again but by the user's word.
    else if (receive.failure?.code !== 'too-large') this.#run(receive);
  }

  /** What cannot be reached now is tried again when its sender links. */
  #run(receive: Receive): void {
    if (this.#isClosed) return;
    receive.isRunning = true;
    delete receive.failure;
    const { downloads } = this.#parts;
    const { draft, id, name, bytes, files, to, from, isPrivate, failedCount } = receive.record;
    this.#given(receive);
    if (id !== '') downloads.seal(draft, id, failedCount);
    void this.#hold(receive);
    this.#sayAccepted(receive);
    const sent = { draft, name, bytes, files, to, isPrivate, from: from as PeerId };
    const download = downloads.fetch(sent);
    this.#progress.follow(receive, download);
    download.then(
      (arrived) => this.#arrived(receive, arrived),
      (error: unknown) => this.#stopped(receive, toRecord(error)),
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
    this.#book.change(receive, { state: 'received', id, bytes, path, receipt: signed }, () => {
      this.#sayReceipt(receive);
      const about = { offerId, from: sender, fromName, name, id, bytes, files, failed };
      this.#parts.tell({ type: 'offer-completed', ...about, path });
    });
  }

  /** What failed for want of sources or room goes on at the next link; what the user gave up does not. */
  #stopped(receive: Receive, failure: ErrorRecord): void {
    this.#letGo(receive);
    if (this.#isClosed) return;
    if (failure.code === 'cancelled') this.#giveUp(receive);
    else receive.failure = failure;
  }

  #giveUp(receive: Receive): void {
    const { offerId, from } = receive.record;
    this.#book.forget(receive);
    this.#say(from, { type: 'send-answer', offerId: offerId as OfferId, answer: 'rejected' });
  }

  #noted(receive: Receive): void {
    const { offerId, from, fromName, name } = receive.record;
    const about = { offerId: offerId as OfferId, from: from as PeerId, fromName, name };
    this.#book.change(receive, { state: 'noted' }, () =>
      this.#parts.tell({ type: 'receipt-noted', ...about }),
    );
    this.#book.forgetNoted();
  }

  #withdrawn(receive: Receive, why: OfferEnd): void {
    const { name } = receive.record;
    const what = why === 'changed' ? 'changed what he sends' : 'takes back his offer';
    const message = `${senderOf(receive)} ${what}: ${printable(name)} goes on only if somebody else has it`;
    this.#parts.tell({ type: 'notice', code: 'withdrawn', message });
    this.#ungiven(receive);
    this.#holdBack(receive, false);
  }

  #letGo(receive: Receive): void {
    receive.isRunning = false;
    receive.release?.();
    delete receive.release;
    this.#ungiven(receive);
    this.#holdBack(receive, false);
  }

  #holdBack(receive: Receive, isHeldBack: boolean): void {
    if (receive.isHeldBack === isHeldBack) return;
    receive.isHeldBack = isHeldBack;
    this.#parts.downloads.holdBack(
      receive.record.draft,
      isHeldBack ? senderOf(receive) : undefined,
    );
  }

  /** Its sender has it. */
  #given({ record: { draft, id, from } }: Receive): void {
    const { givers } = this.#parts;
    givers.add(draft, from as PeerId);
    if (id !== '') givers.add(id, from as PeerId);
  }

  /** Its sender is none who has it any more. */
  #ungiven(receive: Receive): void {
    const { givers } = this.#parts;
    const { draft, id, from } = receive.record;
    givers.remove(draft, from as PeerId);
    if (id !== '') givers.remove(id, from as PeerId);
  }

  #sayAccepted({ record }: Receive): void {
    const offerId = record.offerId as OfferId;
    this.#say(record.from, { type: 'send-answer', offerId, answer: 'accepted' });
  }

  /** A receipt counts from one who accepted; that may have been lost where its sender was killed. */
  #sayReceipt(receive: Receive): void {
    const { record } = receive;
    const payload = Buffer.from(record.receipt, 'base64');
    this.#sayAccepted(receive);
    this.#say(record.from, { type: 'send-receipt', payload });
  }

  #say(peer: string, message: Extract<Mesh.In, { type: 'tell' }>['message']): void {
    this.#parts.order({ type: 'tell', peerId: peer as PeerId, message });
  }
}

function senderOf({ record: { from, fromName } }: Receive): string {
  return describedPeer({ peerId: from as PeerId, name: fromName, host: '', port: 0 });
}
