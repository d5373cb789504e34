/**
 * All downloads of this peer: starts what seekers found, lets several askers wait for one, and remembers what is
 * unfinished. Those under way are in `download-entries.ts`, and what the user does with them in `download-control.ts`.
 */
import { merge } from 'rxjs';
import type { ContentId } from '#src/domain/ids.js';
import type { Download, DownloadOptions } from '#src/peer/api.js';
import { checkDownload } from '#src/peer/arguments.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Library } from '#src/peer/shares/library.js';
import type { Lookup } from '#src/peer/shares/lookup.js';
import { type Asker, refuseOne } from './askers.js';
import { Asking } from './asking.js';
import { DownloadControl } from './download-control.js';
import { DownloadEntries } from './download-entries.js';
import { holdPartial, type News, rowOf, tellStarted } from './download-entry.js';
import { CANCELLED, CLOSED, CLOSED_BEFORE } from './download-error.js';
import { DownloadStarts } from './download-starts.js';
import { HeldBack, isOfSender } from './held-back.js';
import { filesOf } from './known-manifest.js';
import type { Received } from './received.js';
import type { RunningDownload } from './running-download.js';
import { type Fetched, type Sealed, Sealing } from './sealing.js';
import { Seekers } from './seekers.js';
import type { Surroundings } from './surroundings.js';
import { ThereAlready } from './there-already.js';
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
  /** What their senders give nothing of. */
  readonly heldBack: HeldBack;
  readonly #with: DownloadsOptions;
  readonly #unfinished: Unfinished;
  readonly #book: TransferBook;
  readonly #sealing: Sealing;
  readonly #entries: DownloadEntries;
  readonly #starts: DownloadStarts;
  readonly #seekers: Seekers;
  readonly #asking: Asking;
  readonly #thereAlready: ThereAlready;
  #isClosed = false;

  constructor(options: DownloadsOptions) {
    this.#with = options;
    this.#unfinished = new Unfinished(options.home);
    this.#thereAlready = new ThereAlready({ ...options, unfinished: this.#unfinished });
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
    this.#book = new TransferBook((event) => options.tell(event), options.home.database);
    this.#entries = new DownloadEntries({
      around: options,
      unfinished: this.#unfinished,
      book: this.#book,
      move: (entry) => this.#sealing.move(entry),
    });
    this.heldBack = new HeldBack({
      entries: this.#entries.all,
      changed: (entry) => {
        this.#book.note(rowOf(entry));
        this.#entries.shareSlots();
      },
    });
    this.#starts = new DownloadStarts({
      around: options,
      unfinished: this.#unfinished,
      entries: this.#entries,
      seekers: this.#seekers,
      heldBack: this.heldBack,
    });
    this.#sealing = new Sealing({
      ...options,
      entries: this.#entries.all,
      unfinished: this.#unfinished,
      book: this.#book,
      goOn: (record, askers, earlier) => this.#starts.start(record, undefined, { askers, earlier }),
    });
    this.control = new DownloadControl({
      ...options,
      entries: this.#entries.all,
      unfinished: this.#unfinished,
      book: this.#book,
      go: (record) => this.#starts.go(record),
      letGo: (entry) => this.#entries.letGo(entry),
      endings: this.#entries.endings,
      pending: this.#entries.pending,
      shareSlots: () => this.#entries.shareSlots(),
    });
    merge(options.neighbours.holdersChanged, options.givers.changed).subscribe(() =>
      this.#entries.shareSlots(),
    );
  }

  get running(): readonly RunningDownload[] {
    return this.#entries.running;
  }

  /** Holds what is unfinished, for others too; with `resume` it goes on. */
  async begin(resume: boolean): Promise<void> {
    await this.#book.begin();
    for (const record of await this.#unfinished.ofBefore()) {
      const manifest = await this.#with.manifests.read(record.id);
      // What was sent here goes on by the word of whoever accepted it, where its sender has it still.
      if (isOfSender(record)) continue;
      if (resume) await this.#starts.start(record, undefined);
      else if (manifest !== undefined) holdPartial(record, manifest, [], this.#with);
    }
  }

  download(word: string, options: DownloadOptions): Download {
    const check = () => checkDownload(word, options);
    return this.#asking.ask(word, options, check, (asker) => this.#seekers.seek(asker, options));
  }

  /** What somebody sends us: it begins by its draft, and goes over to its content once that is known (`seal`). */
  fetch(sent: Fetched): Download {
    // What this program itself says is well said.
    const check = () => undefined;
    this.heldBack.asked(sent.draft);
    const { paused } = sent;
    return this.#asking.ask(sent.name, { paused }, check, (asker) => {
      const begun = this.#sealing.begun(sent).then(({ id, to, said }) => {
        const options = to === undefined ? {} : { to };
        return this.#begin(id, sent.name, options, asker, said);
      });
      begun.catch((error: unknown) => this.#seekers.failed(asker, error));
    });
  }

  /** What is fetched by this draft is this content, as its sender says; that is proven before anything gets its name. */
  seal(draft: ContentId, content: Sealed): void {
    this.#sealing.seal(draft, content);
  }

  /** Resolves when nobody waits for a download any more. */
  idle(): Promise<{ readonly failed: number }> {
    return this.#asking.idle();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#starts.close();
    this.#thereAlready.close();
    this.#seekers.refuseAll(CLOSED_BEFORE);
    // What is being put in its place just now still completes.
    await Promise.all(this.running.map((running) => running.abandon()));
    await this.#entries.pending.ended();
    for (const { running, askers } of this.#entries.all.values()) {
      const { name, id } = running.record;
      askers.refuse(name, { ...CLOSED, id });
    }
    this.#entries.all.clear();
    await this.#book.written();
  }

  /** @param said of it by whoever asks: a user who asks for it wants it to go on. */
  async #begin(
    id: ContentId,
    name: string,
    options: DownloadOptions,
    asker: Asker,
    said: Said = { isPaused: false },
  ): Promise<void> {
    await this.#entries.endings.of(id);
    if (!this.#seekers.has(asker)) return;
    const path = said.into === undefined ? await this.#with.received.whole(id) : undefined;
    const mayTell = said.from === undefined || (await this.#with.knowsOf(said.from, id));
    const isTold = path !== undefined && mayTell;
    if (!this.#seekers.has(asker)) return;
    if (isTold) {
      const files = await filesOf(id, this.#with.manifests);
      if (!this.#seekers.has(asker)) return;
      return this.#seekers.alreadyHere(asker, { id, name, path, files }, options);
    }
    const there = await this.#thereAlready.find(id, name, options, said.from);
    if (!this.#seekers.has(asker)) return;
    if (there !== undefined) {
      return this.#seekers.alreadyHere(asker, { id, name, ...there }, options);
    }
    // Somebody else may have begun it meanwhile, and given it up.
    await this.#entries.endings.of(id);
    if (!this.#seekers.has(asker)) return;
    const entry = this.#entries.all.get(id);
    if (entry === undefined) {
      const begun = this.#unfinished.begin(id, name, options.to, said);
      return this.#entries.pending.add(begun.then((record) => this.#starts.start(record, asker)));
    }
    this.#starts.join(entry, asker);
    if (said.isPaused === false) {
      const record = await this.#unfinished.note(id, said);
      if (entry.running.state === 'paused' && record !== undefined) return this.#starts.go(record);
    }
    // What is received was asked for once, by an offer: its start was told, or will be.
    if (said.from !== undefined) return;
    // Until it is known what of it is here all of them wait to be told.
    if (entry.files === undefined) return;
    const manifest = this.#with.library.contents.best(id);
    if (manifest !== undefined) tellStarted(entry, manifest, this.#with, [asker]);
  }

  #giveUp(asker: Asker): void {
    this.#seekers.refuse(asker, CANCELLED);
    const entry = [...this.#entries.all.values()].find(({ askers }) => askers.has(asker));
    if (entry === undefined || entry.completing !== undefined) return;
    const { id, name } = entry.running.record;
    entry.askers.remove(asker);
    refuseOne(asker, name, { ...CANCELLED, id }, this.#with.tell);
    if (entry.askers.count > 0) return;
    this.#entries.cancel(entry);
  }
}
