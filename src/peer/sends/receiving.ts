/**
 * What was offered to this peer and accepted: an ordinary download into the inbox, begun anew whenever its sender links
 * until it is whole. Then its sender gets a signed receipt, at every link until he has noted it. All of it outlasts
 * restarts.
 */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import {
  haveMoreFailed,
  type OfferEnd,
  type OfferId,
  type Sealed,
} from '#src/domain/send/send-offer.js';
import { earlierThan } from '#src/domain/send/version.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { Downloads } from '#src/peer/downloads/downloads.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type * as Mesh from '#workers/mesh.js';
import type { Givers } from './givers.js';
import { Receipts } from './receipts.js';
import { type Receive, ReceiveBook } from './receive-book.js';
import { ReceiveControl } from './receive-control.js';
import { ReceiveGivers } from './receive-givers.js';
import { ReceiveLinks } from './receive-links.js';
import { ReceiveProgress } from './receive-progress.js';
import { ReceiveRest } from './receive-rest.js';
import { ReceiveRuns } from './receive-runs.js';
import { ReceiveStanding } from './receive-standing.js';
import { ReceiveWords } from './receive-words.js';
import { Refusals } from './refusals.js';
import { type Unasked, unaskedOf } from './unasked.js';
import type { WayBackParts } from './way-back.js';
import { Withdrawals, withdrawnBefore } from './withdrawals.js';

export type ReceivingParts = WayBackParts & {
  readonly home: Home;
  readonly downloads: Pick<Downloads, 'fetch' | 'seal' | 'heldBack' | 'control'>;
  readonly givers: Givers;
  /** To a linked peer alone; without a link it is not said. */
  readonly order: (order: Mesh.In) => void;
  readonly tell: (event: PeerEvent, ref?: string) => void;
};

export class Receiving {
  readonly #parts: ReceivingParts;
  readonly control: ReceiveControl;
  readonly rest: ReceiveRest;
  /** What the user does not want, whenever its sender offers it again. */
  readonly refusals: Refusals;
  readonly #book: ReceiveBook;
  readonly #words: ReceiveWords;
  readonly #givers: ReceiveGivers;
  readonly #progress: ReceiveProgress;
  readonly #standing: ReceiveStanding;
  readonly #links: ReceiveLinks;
  readonly #withdrawals: Withdrawals;
  readonly #receipts: Receipts;
  readonly #runs: ReceiveRuns;

  constructor(parts: ReceivingParts) {
    this.#parts = parts;
    this.#book = new ReceiveBook(parts.home.database, parts.tell);
    this.refusals = new Refusals({ database: parts.home.database, tell: parts.tell });
    this.rest = new ReceiveRest(this.#book);
    this.#words = new ReceiveWords(parts.order);
    this.#links = new ReceiveLinks(parts, this.#words);
    this.#givers = new ReceiveGivers(parts.givers, parts.downloads.heldBack);
    this.#progress = new ReceiveProgress(
      (...held) => this.#words.progress(...held),
      ({ record }) => parts.downloads.control.reached(record.draft),
    );
    const shared = {
      ...parts,
      book: this.#book,
      words: this.#words,
      givers: this.#givers,
      links: this.#links,
      progress: this.#progress,
      rest: this.rest,
      heldBack: parts.downloads.heldBack,
    };
    this.#standing = new ReceiveStanding(shared);
    this.#receipts = new Receipts(shared);
    this.#withdrawals = new Withdrawals(shared);
    const mine = { standing: this.#standing, receipts: this.#receipts, refusals: this.refusals };
    this.#runs = new ReceiveRuns({ ...shared, ...mine });
    this.control = new ReceiveControl({
      ...shared,
      run: (receive) => this.#runs.run(receive),
      giveUp: (receive) => this.#runs.giveUp(receive),
      isHere: (receive) => this.#givers.isHere(receive),
      ask: (receive) => this.#links.ask(receive),
    });
  }

  async read(): Promise<void> {
    await this.#book.read();
    await this.refusals.read();
  }

  /** What was accepted before this start goes on. */
  begin(): void {
    for (const receive of this.#book.open) {
      const failure = withdrawnBefore(receive);
      // Its sender may have linked before.
      if (receive.isRunning) continue;
      if (failure === undefined) this.#runs.run(receive);
      else receive.failure = failure;
    }
  }

  /** @throws P2pError `exists` where it is fetched already, by another offer */
  requireUnknown(draft: ContentId): void {
    this.#book.requireUnknown(draft);
  }

  /** Written down before anything of it is fetched. @throws P2pError `data-failed` */
  async accept(record: ReceiveRecord): Promise<void> {
    const receive = await this.#book.add(record);
    receive.isOfThisRun = true;
    this.#withdrawals.replace(receive);
    this.#runs.run(receive);
  }

  /** Its sender has not heard what became of it, or is back. @returns whether it was accepted before */
  heardAgain(offerId: OfferId, from: PeerId): boolean {
    const receive = this.#book.get(from, offerId);
    if (receive !== undefined) {
      if (receive.record.state !== 'noted') receive.isOfThisRun = true;
      this.#withdrawals.undo(receive);
      this.#runs.goOn(receive);
    }
    return receive !== undefined;
  }

  /** Its sender has nothing more to say of it. */
  hearEnd(from: PeerId, offerId: OfferId, why: OfferEnd): void {
    const receive = this.#book.get(from, offerId);
    if (receive === undefined) return;
    const { state } = receive.record;
    if (why === 'noted' && state === 'received') this.#receipts.noted(receive);
    // What was refused here is over there, too: that is no news.
    const isRefused = receive.failure?.code === 'too-large';
    if (why !== 'noted' && state === 'accepted' && !isRefused) this.#withdrawals.hear(receive, why);
    if (why === 'changed' && receive.isAsked === true) this.#links.refused(receive);
  }

  /** What an offer came to be, as its sender says. It is fetched by that from now on. */
  hearSealed(from: PeerId, { offerId, id, failed = [], ...said }: Sealed): void {
    const receive = this.#book.get(from, offerId);
    if (receive?.record.state !== 'accepted') return;
    const { draft, id: before, files } = receive.record;
    // No more can be missing than was offered.
    const failedCount = Math.min(said.failedCount ?? 0, files);
    if (before === id) return;
    if (before !== '') this.#parts.givers.remove(before, from, offerId);
    if (!receive.isHeldBack) this.#parts.givers.add(id, from, offerId);
    this.#withdrawals.undo(receive);
    const isNews = haveMoreFailed(receive.record, { failed, failedCount });
    const earlier = earlierThan(receive.record, id);
    this.#book.change(receive, { id, failed, failedCount, earlier }, () => {
      this.#parts.downloads.seal(draft, { id, failed, failedCount });
      // What it was before may have failed, as its sender has that no more.
      if (this.#book.get(from, offerId) === receive) this.#runs.run(receive);
    });
    this.#withdrawals.replace(receive);
    this.#givers.look(receive);
    if (!isNews) return;
    const about = { offerId, direction: 'down', name: receive.record.name } as const;
    this.#parts.tell({ type: 'files-failed', ...about, failed, failedCount });
  }

  /** Its sender gives nothing of it for now, or does again: nothing of that is a failure. */
  hearPause(from: PeerId, { offerId, isPaused }: { offerId: OfferId; isPaused: boolean }): void {
    const receive = this.#book.get(from, offerId);
    if (receive?.record.state !== 'accepted' || receive.isHeldBack === isPaused) return;
    this.#givers.pause(receive, isPaused);
    this.#progress.now(receive);
    const { fromName, name } = receive.record;
    this.#parts.tell({ type: 'offer-paused', offerId, from, fromName, name, isPaused });
  }

  linked(peer: PeerId): void {
    for (const receive of this.#of(peer))
      if (receive.record.state !== 'noted') this.#runs.goOn(receive);
    this.unlinked(peer);
  }

  /** What only he has waits for him. */
  unlinked(peer: PeerId): void {
    for (const receive of this.#of(peer)) this.#givers.look(receive);
  }

  /** The mesh began a new life: no link stands. */
  unlinkedAll(): void {
    for (const receive of this.#book.open) this.#givers.look(receive);
  }

  /** He is not here to give what was accepted: until he is back it is as if it were none of this run. */
  left(peer: PeerId): void {
    for (const receive of this.#of(peer))
      if (receive.record.state === 'accepted') receive.isOfThisRun = false;
  }

  /** Whether something was accepted, or went on, in this run, and was neither taken back nor left behind by its sender. */
  get hasTaken(): boolean {
    return this.#book.all.some(
      ({ isOfThisRun, record }) => isOfThisRun === true && record.withdrawn === undefined,
    );
  }

  /** What was taken without asking and lies where it was put, or is on its way. */
  async unasked(): Promise<Unasked> {
    return unaskedOf(this.#book.all.map(({ record }) => record));
  }

  /** What arrives still is noted; what does not goes on at the next start. */
  beginClosing(): void {
    this.#runs.close();
    this.#links.beginClosing();
    this.#progress.close();
  }

  async close(): Promise<void> {
    for (const { release } of this.#book.all) release?.();
    await this.#book.written();
    await this.refusals.written();
  }

  #of(peer: PeerId): readonly Receive[] {
    return this.#book.all.filter(({ record }) => record.from === peer);
  }
}
