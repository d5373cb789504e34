/** A download under way, from its record: begun, gone on with, or joined where it runs already. */
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import { type Asker, Askers } from './askers.js';
import type { Earlier } from './brought.js';
import type { DownloadEntries } from './download-entries.js';
import { type Entry, tellStarted } from './download-entry.js';
import type { DownloadNews } from './download-news.js';
import type { DownloadsOptions } from './downloads.js';
import { awaitPatiently, type HeldBack, isPausedByUser, settle } from './held-back.js';
import { readManifest } from './known-manifest.js';
import { RunningDownload } from './running-download.js';
import type { Seekers } from './seekers.js';
import { stagedBefore } from './staged-before.js';
import type { Unfinished } from './unfinished.js';

type Parts = {
  readonly around: DownloadsOptions;
  readonly unfinished: Unfinished;
  readonly entries: DownloadEntries;
  readonly seekers: Seekers;
  readonly heldBack: HeldBack;
};

/** Of the same in this run, where it was something else until now. */
type Before = { readonly askers: Askers; readonly earlier: Earlier | undefined };

export class DownloadStarts {
  readonly #with: Parts;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#with = parts;
  }

  /** Whether it was paused, given up or of an earlier run. */
  async go(record: DownloadRecord): Promise<void> {
    const { around, entries } = this.#with;
    await entries.endings.of(record.id);
    const entry = entries.all.get(record.id);
    if (entry === undefined) return this.start(record, undefined);
    entry.isPaused = false;
    const wasPaused = entry.running.state === 'paused';
    settle(entry);
    // Its sender may have paused it, too.
    if (!wasPaused || entry.running.state === 'paused') return;
    entries.shareSlots();
    const manifest = around.library.contents.best(record.id);
    if (manifest !== undefined) tellStarted(entry, manifest, around);
  }

  async start(begun: DownloadRecord, asker: Asker | undefined, before?: Before): Promise<void> {
    const { around, unfinished, entries, seekers } = this.#with;
    const manifest = await readManifest(begun, around);
    const staged = await stagedBefore(begun, manifest, around.manifests);
    // It may have been paused meanwhile.
    const record = (await unfinished.get(begun.id)) ?? begun;
    // Or begun by somebody else, and given up; what goes over from another content was looked after there.
    if (before === undefined) await entries.endings.of(begun.id);
    if (this.#isClosed || (asker !== undefined && !seekers.has(asker))) return;
    const raced = entries.all.get(record.id);
    if (raced !== undefined) {
      if (asker !== undefined) this.join(raced, asker);
      before?.askers.moveTo(raced.askers);
      return;
    }
    const say = (news: DownloadNews) => entries.hear(entry, news);
    const running = new RunningDownload(record, manifest, around, say, before?.earlier);
    const entry = this.#entryOf(running, before?.askers, staged);
    entries.all.set(record.id, entry);
    this.#begin(entry, asker);
  }

  /** Waits for one that runs already. */
  join(entry: Entry, asker: Asker): void {
    this.#with.seekers.remove(asker);
    entry.askers.add(asker);
    awaitPatiently(entry);
    asker.paused?.(isPausedByUser(entry));
  }

  /** Nothing begins any more. */
  close(): void {
    this.#isClosed = true;
  }

  #entryOf(running: RunningDownload, askers: Askers | undefined, before: Entry['before']): Entry {
    const { around, heldBack } = this.#with;
    const { record } = running;
    const { priority = 'normal', isPaused = false } = record;
    const standing = { slots: 0, priority, isPaused, standstill: heldBack.by(record) };
    return { running, askers: askers ?? new Askers(around.tell), ...standing, before };
  }

  #begin(entry: Entry, asker: Asker | undefined): void {
    const { entries, heldBack } = this.#with;
    settle(entry);
    if (asker !== undefined) this.join(entry, asker);
    awaitPatiently(entry);
    entries.shareSlots();
    entry.running.begin();
    if (entry.askers.count > 0) heldBack.endWithdrawn(entry);
  }
}
