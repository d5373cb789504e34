/**
 * All downloads of this peer: starts what seekers found, lets several askers wait for one, shares out the request
 * slots, remembers what is unfinished, and hands what is whole to the library. What the user does with those under way
 * is in `download-control.ts`.
 */
import { merge } from 'rxjs';
import type { ContentId } from '#src/domain/ids.js';
import type { DownloadRecord } from '#src/io/database-rows.js';
import type { Download, DownloadOptions } from './api.js';
import { checkDownload } from './arguments.js';
import { type Asker, Askers, refuseOne } from './askers.js';
import { Asking } from './asking.js';
import type { Earlier } from './brought.js';
import { DownloadControl } from './download-control.js';
import {
  completionEvent,
  type Entry,
  endedRow,
  failEntry,
  failureEvent,
  holdPartial,
  type News,
  noteCompleted,
  readManifest,
  rowOf,
  tellStarted,
  wishOf,
} from './download-entry.js';
import { CANCELLED, CLOSED, CLOSED_BEFORE } from './download-error.js';
import { hearOngoing } from './download-news.js';
import { Endings } from './endings.js';
import type { PeerEvent } from './events.js';
import { awaitPatiently, HeldBack, settle } from './held-back.js';
import type { Library } from './library.js';
import type { Lookup } from './lookup.js';
import { PendingWork } from './pending-work.js';
import type { Received } from './received.js';
import { shareSlots } from './request-slots.js';
import { type DownloadNews, RunningDownload } from './running-download.js';
import { type Fetched, Sealing } from './sealing.js';
import { Seekers } from './seekers.js';
import type { Surroundings } from './surroundings.js';
import { TransferBook } from './transfer-book.js';
import { type Said, Unfinished } from './unfinished.js';

export type DownloadsOptions = Surroundings & {
  readonly library: Library;
  readonly lookup: Lookup;
  readonly received: Received;
  readonly tell: (event: PeerEvent, ref?: string) => void;
  /** A peer sent what its own proof contradicts. */
  readonly convict: (conviction: News<'convict'>) => void;
};

export class Downloads {
  readonly control: DownloadControl;
  readonly #with: DownloadsOptions;
  readonly #unfinished: Unfinished;
  readonly #book: TransferBook;
  readonly #sealing: Sealing;
  readonly #entries = new Map<ContentId, Entry>();
  readonly #seekers: Seekers;
  readonly #asking: Asking;
  readonly #heldBack = new HeldBack();
  readonly #endings = new Endings();
  readonly #pending = new PendingWork();
  #isClosed = false;

  constructor(options: DownloadsOptions) {
    this.#with = options;
    this.#unfinished = new Unfinished(options.home);
    this.#seekers = new Seekers({
      ...options,
      unfinished: this.#unfinished,
      begin: (...found) => this.#begin(...found),
    });
    this.#asking = new Asking({
      add: (asker, word) => {
        this.#seekers.add(asker, word);
        if (this.#isClosed) this.#seekers.refuse(asker, CLOSED_BEFORE);
        return this.#isClosed;
      },
      giveUp: (asker) => this.#giveUp(asker),
    });
    this.#book = new TransferBook((event) => options.tell(event));
    this.#sealing = new Sealing({
      entries: this.#entries,
      unfinished: this.#unfinished,
      library: options.library,
      knowsOf: options.knowsOf,
      goOn: (record, askers, earlier) => this.#start(record, undefined, { askers, earlier }),
    });
    this.control = new DownloadControl({
      entries: this.#entries,
      unfinished: this.#unfinished,
      manifests: options.manifests,
      book: this.#book,
      go: (record) => this.#go(record),
      library: options.library,
      letGo: (entry) => this.#letGo(entry),
      endings: this.#endings,
      pending: this.#pending,
      shareSlots: () => this.#shareSlots(),
    });
    merge(options.neighbours.holdersChanged, options.givers.changed).subscribe(() =>
      this.#shareSlots(),
    );
  }

  get running(): readonly RunningDownload[] {
    return [...this.#entries.values()].map(({ running }) => running);
  }

  /** Holds what is unfinished, for others too; with `resume` it goes on. */
  async begin(resume: boolean): Promise<void> {
    for (const record of await this.#unfinished.all()) {
      const manifest = await this.#with.manifests.read(record.id);
      if (resume) await this.#start(record, undefined);
      else if (manifest !== undefined) holdPartial(record, manifest, [], this.#with);
    }
  }

  download(word: string, options: DownloadOptions): Download {
    const check = () => checkDownload(word, options);
    return this.#asking.ask(word, options, check, (asker) => this.#seekers.seek(asker, options));
  }

  /** What somebody sends us: it begins by its draft, and goes over to its content once that is known (`seal`). */
  fetch(sent: Fetched): Download {
    return this.#asking.ask(sent.name, {}, noCheck, (asker) => {
      const begun = this.#sealing.begun(sent).then(({ id, to, said }) => {
        const options = to === undefined ? {} : { to };
        return this.#begin(id, sent.name, options, asker, said);
      });
      begun.catch((error: unknown) => this.#seekers.failed(asker, error));
    });
  }

  /** What is fetched by this draft is this content, as its sender says; that is proven before anything gets its name. */
  seal(draft: ContentId, id: ContentId, failedCount = 0): void {
    this.#sealing.seal(draft, id, failedCount);
  }

  /** Its sender gives nothing of it for now, or does again. @param draft by which it was begun */
  holdBack(draft: ContentId, by: string | undefined): void {
    this.#heldBack.set(draft, by);
    for (const entry of this.#entries.values()) {
      const { record } = entry.running;
      if ((record.draft ?? record.id) !== draft || entry.heldBackBy === by) continue;
      entry.heldBackBy = by;
      settle(entry);
      awaitPatiently(entry);
      this.#book.note(rowOf(entry));
    }
    this.#shareSlots();
  }

  /** Resolves when nobody waits for a download any more. */
  idle(): Promise<{ readonly failed: number }> {
    return this.#asking.idle();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#seekers.refuseAll(CLOSED_BEFORE);
    // What is being put in its place just now still completes.
    await Promise.all(this.running.map((running) => running.abandon()));
    await this.#pending.ended();
    for (const { running, askers } of this.#entries.values()) {
      const { name, id } = running.record;
      askers.refuse(name, { ...CLOSED, id });
    }
    this.#entries.clear();
  }

  /** @param said of it by whoever asks: a user who asks for it wants it to go on. */
  async #begin(
    id: ContentId,
    name: string,
    options: DownloadOptions,
    asker: Asker,
    said: Said = { isPaused: false },
  ): Promise<void> {
    await this.#endings.of(id);
    if (!this.#seekers.has(asker)) return;
    const path = this.#with.library.whole(id)?.path;
    const mayTell = said.from === undefined || (await this.#with.knowsOf(said.from, id));
    if (path !== undefined && mayTell)
      return this.#seekers.alreadyHere(asker, { id, name, path }, options);
    const entry = this.#entries.get(id);
    if (entry === undefined) {
      const begun = this.#unfinished.begin(id, name, options.to, said);
      return this.#pending.add(begun.then((record) => this.#start(record, asker)));
    }
    this.#join(entry, asker);
    if (said.isPaused === false) {
      const record = await this.#unfinished.note(id, said);
      if (entry.running.state === 'paused' && record !== undefined) return this.#go(record);
    }
    const manifest = this.#with.library.contents.best(id);
    if (manifest !== undefined) tellStarted(entry, manifest, this.#with, [asker]);
  }

  /** Whether it was paused, given up or of an earlier run. */
  async #go(record: DownloadRecord): Promise<void> {
    await this.#endings.of(record.id);
    const entry = this.#entries.get(record.id);
    if (entry === undefined) return this.#start(record, undefined);
    entry.isPaused = false;
    if (entry.running.state !== 'paused') return;
    settle(entry);
    this.#shareSlots();
    const manifest = this.#with.library.contents.best(record.id);
    if (manifest !== undefined) tellStarted(entry, manifest, this.#with);
  }

  /** @param before of the same in this run, where it was something else until now. */
  async #start(
    begun: DownloadRecord,
    asker: Asker | undefined,
    before?: { readonly askers: Askers; readonly earlier: Earlier },
  ): Promise<void> {
    const manifest = await readManifest(begun, this.#with);
    // It may have been paused meanwhile.
    const record = (await this.#unfinished.get(begun.id)) ?? begun;
    if (this.#isClosed || (asker !== undefined && !this.#seekers.has(asker))) return;
    const raced = this.#entries.get(record.id);
    if (raced !== undefined) {
      if (asker !== undefined) this.#join(raced, asker);
      before?.askers.moveTo(raced.askers);
      return;
    }
    const say = (news: DownloadNews) => this.#hear(entry, news);
    const running = new RunningDownload(record, manifest, this.#with, say, before?.earlier);
    const { priority = 'normal', isPaused = false } = record;
    const askers = before?.askers ?? new Askers(this.#with.tell);
    const heldBackBy = this.#heldBack.by(record);
    const entry: Entry = { running, askers, slots: 0, priority, isPaused, heldBackBy };
    this.#entries.set(record.id, entry);
    if (asker !== undefined) this.#join(entry, asker);
    awaitPatiently(entry);
    settle(entry);
    this.#shareSlots();
    running.begin();
  }

  #join(entry: Entry, asker: Asker): void {
    this.#seekers.remove(asker);
    entry.askers.add(asker);
    awaitPatiently(entry);
  }

  /** Threads are for downloads that have somebody to ask. */
  #shareSlots(): void {
    const all = [...this.#entries.values()];
    const slots = shareSlots(all.map((entry) => wishOf(entry, this.#with)));
    for (const [at, entry] of all.entries()) {
      const count = slots[at] ?? 0;
      if (entry.slots === count) continue;
      entry.slots = count;
      entry.running.step({ type: 'slots', count });
    }
  }

  #hear(entry: Entry, news: DownloadNews): void {
    const { id } = entry.running.record;
    // Given up while it was put in its place, it is whole all the same.
    if (this.#entries.get(id) !== entry && news.type !== 'completed') return;
    if (news.type === 'listed') {
      this.#sealing.move(entry);
      return;
    }
    if (news.type === 'completed') {
      entry.completing = this.#pending.add(this.#completed(entry, news));
      return;
    }
    // What is known to be something else by now is not told of.
    if (news.type === 'started' && this.#sealing.move(entry)) return;
    if (news.type !== 'failed') {
      hearOngoing(entry, news, this.#book, this.#with);
      return;
    }
    this.#book.end(endedRow(entry, 'failed', news), failureEvent(entry, news));
    this.#letGo(entry);
    failEntry(entry, news);
  }

  async #completed(entry: Entry, news: News<'completed'>): Promise<void> {
    const event = await noteCompleted(entry, news, this.#unfinished, this.#with);
    // Whoever asks until now joins, and is answered with the others.
    this.#drop(entry);
    this.#book.end(endedRow(entry, 'completed'), completionEvent(entry, event));
    entry.askers.complete(event);
  }

  #giveUp(asker: Asker): void {
    this.#seekers.refuse(asker, CANCELLED);
    const entry = [...this.#entries.values()].find(({ askers }) => askers.has(asker));
    if (entry === undefined || entry.completing !== undefined) return;
    const { id, name } = entry.running.record;
    entry.askers.remove(asker);
    refuseOne(asker, name, { ...CANCELLED, id }, this.#with.tell);
    if (entry.askers.count > 0) return;
    this.#book.end(endedRow(entry, 'cancelled'), failureEvent(entry, CANCELLED));
    this.#letGo(entry);
  }

  /** Nobody wants it or it failed: what still runs of it ends, and the next of the same content waits for that. */
  #letGo(entry: Entry): void {
    this.#drop(entry);
    const ended = entry.running.abandon().then(() => entry.completing);
    void this.#endings.hold(entry.running.record.id, this.#pending.add(ended));
  }

  #drop(entry: Entry): void {
    const { id } = entry.running.record;
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
    this.#shareSlots();
  }
}

/** What this program itself says is well said. */
function noCheck(): void {}
