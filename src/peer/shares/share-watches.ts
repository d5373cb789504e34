/** The paths of shares that are watched: tells what stands in a share folder, and what changed. */
import { dirname, join } from 'node:path';
import type { Subscription } from 'rxjs';
import type { SharesEvent } from '#src/domain/catalogue/shares.js';
import { listFolder } from '#src/io/content/folder-listing.js';
import { RULES_NAME, type RuleSource } from '#src/io/content/ignore-rules.js';
import { type WatchItem, watchShare } from '#src/io/disk/share-watch.js';
import type { PeerEvent } from '#src/peer/events.js';
import { notWatchedNotice, unreadableNotice } from './share-news.js';

type WatchNews = Extract<SharesEvent, { type: 'folder-listed' | 'changed' }>;

export class ShareWatches {
  readonly #note: (event: WatchNews) => void;
  readonly #tell: (event: PeerEvent) => void;
  readonly #watches = new Map<string, Subscription>();
  readonly #folders = new Set<string>();
  /** Folders that could not be read when they were last looked at: said once, however often they are looked at. */
  readonly #unreadable = new Set<string>();

  constructor(note: (event: WatchNews) => void, tell: (event: PeerEvent) => void) {
    this.#note = note;
    this.#tell = tell;
  }

  /** Each file and directory in it is a share of its own. */
  watchFolder(folder: string): void {
    this.#folders.add(folder);
    this.#watch(folder, 'directory', (item) => {
      const listed = this.#list(folder);
      if (item.kind !== 'changed') return;
      // New rules of the folder hold for all in it.
      const isClear = item.names.length > 0 && !item.names.includes(RULES_NAME);
      const names = isClear ? item.names : listed;
      for (const name of names) this.#note({ type: 'changed', path: join(folder, name) });
    });
    this.#list(folder);
  }

  watchOne(path: string, kind: 'file' | 'directory'): void {
    this.#watch(path, kind, (item) => {
      if (item.kind === 'changed') this.#note({ type: 'changed', path });
    });
  }

  /** What is left out of the share at this path. */
  rulesFor(path: string): RuleSource {
    return { exclude: [], isInFolder: this.#folders.has(dirname(path)) };
  }

  unwatch(path: string): void {
    this.#watches.get(path)?.unsubscribe();
    this.#watches.delete(path);
  }

  close(): void {
    for (const watch of this.#watches.values()) watch.unsubscribe();
    this.#watches.clear();
  }

  #watch(path: string, kind: 'file' | 'directory', hear: (item: WatchItem) => void): void {
    if (this.#watches.has(path)) return;
    const watch = watchShare(path, kind).subscribe((item) => {
      // That it is gone is told when it is looked at.
      if (item.kind === 'fallback' && !item.isGone) this.#tell(notWatchedNotice(path, item.why));
      hear(item);
    });
    this.#watches.set(path, watch);
  }

  /** @returns the names that stand in the folder now; none where it is gone. */
  #list(folder: string): readonly string[] {
    try {
      const { names, skipped } = listFolder(folder);
      this.#unreadable.delete(folder);
      const children = names.map((name) => ({ name, path: join(folder, name) }));
      this.#note({ type: 'folder-listed', folder, children, skipped });
      return names;
    } catch (error) {
      if (!this.#unreadable.has(folder)) this.#tell(unreadableNotice(folder, error));
      this.#unreadable.add(folder);
      this.#note({ type: 'folder-listed', folder, children: [], skipped: [] });
      return [];
    }
  }
}
