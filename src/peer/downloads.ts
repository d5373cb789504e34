/**
 * All downloads of this peer: starts them, lets several askers wait for one, shares out the request slots,
 * remembers what is unfinished, and hands what is whole to the library.
 */
import { Subject } from 'rxjs';
import { failureOf, sentenceOf } from '#src/domain/disk-failure.js';
import { toRecord } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { DownloadRecord } from '#src/io/database-rows.js';
import type {
  Download,
  DownloadEvent,
  DownloadOptions,
  DownloadResult,
  DownloadTrouble,
} from './api.js';
import { type Asker, Askers, completeOne, refuseOne } from './askers.js';
import {
  type Entry,
  failEntry,
  holdPartial,
  type News,
  noteCompleted,
  started,
  tellStarted,
} from './download-entry.js';
import type { PeerEvent } from './events.js';
import type { Library } from './library.js';
import type { Found, Lookup } from './lookup.js';
import type { Received } from './received.js';
import { shareSlots } from './request-slots.js';
import { type DownloadNews, RunningDownload } from './running-download.js';
import type { Surroundings } from './surroundings.js';
import { Unfinished } from './unfinished.js';

const CLOSED = 'The peer was closed; what arrived is kept.';
const CANCELLED = 'The download was cancelled; what arrived is kept.';

export type DownloadsOptions = Surroundings & {
  readonly library: Library;
  readonly lookup: Lookup;
  readonly received: Received;
  readonly tell: (event: PeerEvent, ref?: string) => void;
  /** A peer sent what its own proof contradicts. */
  readonly convict: (conviction: News<'convict'>) => void;
};

export class Downloads {
  readonly #with: DownloadsOptions;
  readonly #unfinished: Unfinished;
  readonly #entries = new Map<ContentId, Entry>();
  /** Those whose download is not found or begun yet, with the word they asked for; gone from here, nobody waits. */
  readonly #seeking = new Map<Asker, string>();
  /** What still runs of downloads that were given up, and writes where the next of the same content would. */
  readonly #ending = new Map<ContentId, Promise<void>>();
  readonly #noting = new Set<Promise<void>>();
  readonly #settled = new Subject<void>();
  #isClosed = false;
  #asked = 0;
  #failed = 0;

  constructor(options: DownloadsOptions) {
    this.#with = options;
    this.#unfinished = new Unfinished(options.home);
    options.neighbours.holdersChanged.subscribe(() => this.#shareSlots());
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
    const progress = new Subject<DownloadEvent>();
    const { ref, signal } = options;
    this.#asked += 1;
    const stop = new AbortController();
    const done = new Promise<DownloadResult>((resolve, reject) => {
      const asker: Asker = { ref, progress, resolve, reject };
      this.#seeking.set(asker, word);
      if (this.#isClosed) return this.#refuseSeeker(asker, { code: 'cancelled', message: CLOSED });
      const giveUp = () => this.#giveUp(asker);
      if (signal?.aborted) return giveUp();
      signal?.addEventListener('abort', giveUp, { once: true, signal: stop.signal });
      this.#find(word, options, asker).catch((error: unknown) => {
        const record = toRecord(error);
        this.#refuseSeeker(asker, { code: failureOf(record), message: sentenceOf(record) });
      });
    });
    const settle = (isFailed: boolean) => {
      stop.abort();
      this.#asked -= 1;
      if (isFailed) this.#failed += 1;
      progress.complete();
      this.#settled.next();
    };
    const counted = done.then(
      (result) => {
        settle(false);
        return result;
      },
      (error: unknown) => {
        settle(true);
        throw error;
      },
    );
    return Object.assign(counted, { progress: progress.asObservable() });
  }

  /** Resolves when nobody waits for a download any more. */
  async idle(): Promise<{ readonly failed: number }> {
    while (this.#asked > 0) {
      await new Promise<void>((resolve) => {
        const once = this.#settled.subscribe(() => {
          once.unsubscribe();
          resolve();
        });
      });
    }
    return { failed: this.#failed };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const asker of this.#seeking.keys()) {
      this.#refuseSeeker(asker, { code: 'cancelled', message: CLOSED });
    }
    // What is being put in its place just now still completes.
    await Promise.all(this.running.map((running) => running.abandon()));
    await Promise.all(this.#noting);
    for (const { running, askers } of this.#entries.values()) {
      const { name, id } = running.record;
      askers.refuse(name, { code: 'cancelled', message: CLOSED, id });
    }
    this.#entries.clear();
  }

  async #find(
    word: string,
    options: DownloadOptions,
    asker: Asker,
    isLookedAt = false,
  ): Promise<void> {
    const begun = options.from === undefined ? await this.#unfinished.meantBy(word) : undefined;
    if (!this.#seeking.has(asker)) return;
    if (begun !== undefined) {
      // Whole and not yet noted as that, it may be gone since.
      await this.#with.received.stale(begun.id);
      if (!this.#seeking.has(asker)) return;
      return this.#begin(begun.id, begun.name, options, asker);
    }
    const found = await this.#with.lookup.find(word, options.from);
    if (!this.#seeking.has(asker)) return;
    switch (found.kind) {
      case 'trouble':
        return this.#refuseSeeker(asker, found.trouble);
      case 'here':
        if (isLookedAt) return this.#alreadyHere(asker, found);
        // Nobody watches what was downloaded: it may be gone or changed since.
        await this.#with.received.stale(found.id);
        return this.#find(word, options, asker, true);
      case 'offered':
        return this.#begin(found.id, found.name, options, asker);
      default:
        return unreachable(found);
    }
  }

  #alreadyHere(asker: Asker, found: Omit<Extract<Found, { kind: 'here' }>, 'kind'>): void {
    const { name, id, path } = found;
    this.#seeking.delete(asker);
    const bytes = this.#with.library.contents.best(id)?.bytes ?? 0;
    const event = { type: 'download-completed', name, id, path, bytes } as const;
    completeOne(asker, { ...event, ms: 0, sources: [], alreadyHere: true }, this.#with.tell);
  }

  async #begin(id: ContentId, name: string, options: DownloadOptions, asker: Asker): Promise<void> {
    await this.#ending.get(id);
    if (!this.#seeking.has(asker)) return;
    const path = this.#with.library.whole(id)?.path;
    if (path !== undefined) return this.#alreadyHere(asker, { id, name, path });
    const entry = this.#entries.get(id);
    if (entry === undefined) return this.#note(this.#beginAnew(id, name, options, asker));
    this.#join(entry, asker);
    const manifest = this.#with.library.contents.best(id);
    if (manifest !== undefined) tellStarted(entry, manifest, this.#with, [asker]);
  }

  async #beginAnew(
    id: ContentId,
    name: string,
    options: DownloadOptions,
    asker: Asker,
  ): Promise<void> {
    const record = await this.#unfinished.begin(id, name, options.to);
    await this.#start(record, asker);
  }

  async #start(record: DownloadRecord, asker: Asker | undefined): Promise<void> {
    const manifest = await this.#with.manifests.read(record.id);
    if (this.#isClosed || (asker !== undefined && !this.#seeking.has(asker))) return;
    const raced = this.#entries.get(record.id);
    if (raced !== undefined) {
      if (asker !== undefined) this.#join(raced, asker);
      return;
    }
    const running = new RunningDownload(record, manifest, this.#with, (news) =>
      this.#hear(entry, news),
    );
    const entry: Entry = { running, askers: new Askers(this.#with.tell), slots: 0 };
    this.#entries.set(record.id, entry);
    if (asker !== undefined) this.#join(entry, asker);
    this.#shareSlots();
    running.begin();
  }

  #join(entry: Entry, asker: Asker): void {
    this.#seeking.delete(asker);
    entry.askers.add(asker);
    entry.running.beAwaited();
  }

  /** Threads are for downloads that have somebody to ask. */
  #shareSlots(): void {
    const { home, neighbours } = this.#with;
    const wanting = [...this.#entries.values()].filter(
      ({ running }) => neighbours.directory.holders(running.record.id).size > 0,
    );
    const slots = shareSlots(wanting.length, home.settings.transfer.maxSources);
    for (const [at, entry] of wanting.entries()) {
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
    switch (news.type) {
      case 'started':
        return started(entry, news.manifest, this.#with);
      case 'chunk-here':
        return this.#with.library.gain(`partial:${id}`, [news.index, 1]);
      case 'progress': {
        const { type: _, ...progress } = news;
        return entry.askers.tell({ type: 'download-progress', id, ...progress });
      }
      case 'waiting':
        return entry.askers.tell({
          ...({ type: 'download-waiting', id, name: entry.running.record.name } as const),
          reason: news.reason,
        });
      case 'convict':
        return this.#with.convict(news);
      case 'request-restarted':
        return this.#with.tell({
          ...({ type: 'actor-restarted', actor: 'request' } as const),
          code: 'crashed',
          attempt: news.attempt,
        });
      case 'completed':
        entry.completing = this.#note(this.#completed(entry, news));
        return undefined;
      case 'failed':
        this.#drop(entry);
        this.#ending.set(id, this.#note(this.#endOf(entry)));
        return failEntry(entry, news);
      default:
        return unreachable(news);
    }
  }

  /** Work that the end of the peer waits for. */
  #note<T>(work: Promise<T>): Promise<T> {
    // Whoever asked for the work hears why it failed.
    const ended: Promise<void> = work.then(
      () => void this.#noting.delete(ended),
      () => void this.#noting.delete(ended),
    );
    this.#noting.add(ended);
    return work;
  }

  async #completed(entry: Entry, news: News<'completed'>): Promise<void> {
    const event = await noteCompleted(entry, news, this.#unfinished, this.#with);
    // Whoever asks until now joins, and is answered with the others.
    this.#drop(entry);
    entry.askers.complete(event);
  }

  #giveUp(asker: Asker): void {
    this.#refuseSeeker(asker, { code: 'cancelled', message: CANCELLED });
    const entry = [...this.#entries.values()].find(({ askers }) => askers.has(asker));
    if (entry === undefined || entry.completing !== undefined) return;
    const { id, name } = entry.running.record;
    entry.askers.remove(asker);
    refuseOne(asker, name, { code: 'cancelled', message: CANCELLED, id }, this.#with.tell);
    if (entry.askers.count > 0) return;
    this.#drop(entry);
    this.#ending.set(id, this.#note(this.#endOf(entry)));
  }

  async #endOf(entry: Entry): Promise<void> {
    const { running } = entry;
    await running.abandon();
    await entry.completing;
    this.#ending.delete(running.record.id);
  }

  #drop(entry: Entry): void {
    const { id } = entry.running.record;
    if (this.#entries.get(id) === entry) this.#entries.delete(id);
    this.#shareSlots();
  }

  #refuseSeeker(asker: Asker, trouble: DownloadTrouble): void {
    const word = this.#seeking.get(asker);
    if (!this.#seeking.delete(asker) || word === undefined) return;
    refuseOne(asker, word, trouble, this.#with.tell);
  }
}
