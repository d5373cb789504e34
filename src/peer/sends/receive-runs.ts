/** The downloads of what was accepted: each is begun anew whenever its sender links, until it is whole or given up. */
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { versionOf } from '#src/domain/send/version.js';
import { inboxFolder, inboxPath } from './inbox-folder.js';
import type { Receipts } from './receipts.js';
import { keyOf, type Receive, type ReceiveBook } from './receive-book.js';
import type { ReceiveGivers } from './receive-givers.js';
import type { ReceiveLinks } from './receive-links.js';
import type { ReceiveProgress } from './receive-progress.js';
import type { ReceiveRest } from './receive-rest.js';
import type { ReceiveStanding } from './receive-standing.js';
import type { ReceiveWords } from './receive-words.js';
import type { ReceivingParts } from './receiving.js';
import type { Refusals } from './refusals.js';
import { mayNotGoOn } from './withdrawals.js';

type Around = Pick<ReceivingParts, 'home' | 'downloads'> & {
  readonly book: ReceiveBook;
  readonly words: ReceiveWords;
  readonly givers: ReceiveGivers;
  readonly links: ReceiveLinks;
  readonly progress: ReceiveProgress;
  readonly standing: ReceiveStanding;
  readonly receipts: Receipts;
  readonly rest: ReceiveRest;
  readonly refusals: Refusals;
};

export class ReceiveRuns {
  readonly #with: Around;
  #isClosed = false;

  constructor(around: Around) {
    this.#with = around;
  }

  /** Its sender is there, or has asked what became of it. */
  goOn(receive: Receive): void {
    const { words, standing } = this.#with;
    if (receive.record.state !== 'accepted') return words.receipt(receive.record);
    if (receive.isRunning) return standing.all(receive);
    if (!mayNotGoOn(receive)) this.run(receive);
    else if (receive.failure !== undefined) words.obstacle(receive.record, receive.failure);
  }

  /** What cannot be reached now is tried again when its sender links. */
  run(receive: Receive): void {
    if (this.#isClosed || receive.isRunning) return;
    receive.isRunning = true;
    delete receive.failure;
    const { downloads, givers, links, words, progress, receipts } = this.#with;
    const { draft, id } = receive.record;
    givers.given(receive);
    const version = id === '' ? undefined : versionOf(receive.record, id);
    if (version !== undefined) downloads.seal(draft, version);
    void links.hold(receive);
    words.accepted(receive.record);
    const download = this.#fetch(receive);
    progress.follow(receive, download);
    download.then(
      (arrived) => {
        this.#letGo(receive);
        receipts.arrived(receive, arrived);
      },
      (error: unknown) => this.#stopped(receive, toRecord(error)),
    );
  }

  giveUp(receive: Receive): void {
    const { refusals, book, progress, words } = this.#with;
    refusals.add(keyOf(receive.record), true);
    book.forget(receive);
    progress.ended(receive);
    words.rejected(receive.record);
  }

  /** Nothing begins any more. */
  close(): void {
    this.#isClosed = true;
  }

  #fetch(receive: Receive) {
    const { home, downloads, standing, rest } = this.#with;
    const { draft, from, fromName, name, bytes, files, to, isPrivate, into } = receive.record;
    const sent = { draft, name, bytes, files, to, isPrivate, from: from as PeerId, fromName };
    return downloads.fetch({
      ...sent,
      into,
      completes: rest.completes(receive.record),
      makeFolder: to === inboxPath(home) ? () => inboxFolder(home) : undefined,
      paused: (isPaused: boolean) => standing.paused(receive, isPaused),
    });
  }

  /** What failed for want of sources or room goes on at the next link; what the user gave up does not. */
  #stopped(receive: Receive, failure: ErrorRecord): void {
    this.#letGo(receive);
    if (this.#isClosed) return;
    if (failure.code === 'cancelled') return this.giveUp(receive);
    receive.failure = failure;
    this.#with.progress.ended(receive);
    this.#with.words.obstacle(receive.record, failure);
  }

  #letGo(receive: Receive): void {
    receive.isRunning = false;
    receive.release?.();
    delete receive.release;
    this.#with.givers.ungiven(receive);
  }
}
