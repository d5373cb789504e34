/**
 * Watches a directory and all below it by `@parcel/watcher`, which asks the system to watch directories only; others
 * ask it to watch every file. The watch is renewed where it would miss something: below folders that were made while
 * it was being set up, and where another folder took the place of this one.
 */
import { opendir, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type AsyncSubscription, type Event, subscribe } from '@parcel/watcher';
import { Observable, type Subscriber } from 'rxjs';
import { STAGING_NAME } from '#src/domain/content/name.js';
import { ANY, STANDS, type WatchNews } from './watch-news.js';

export type DirectoryWatchLimits = {
  /** How often to look whether it is still the same directory. */
  readonly rescanMs: number;
  /** How long to gather new folders before the watch is renewed for them. */
  readonly renewMs: number;
  readonly mostEntries: number;
};

/** Errors where it is gone, too large, or the system refuses; never completes. Unsubscribing ends its thread. */
export function watchDirectory(path: string, limits: DirectoryWatchLimits): Observable<WatchNews> {
  return new Observable((subscriber) => {
    const watch = new DirectoryWatch(path, limits, subscriber);
    watch.begin();
    return () => watch.end();
  });
}

class DirectoryWatch {
  readonly #path: string;
  readonly #limits: DirectoryWatchLimits;
  readonly #news: Subscriber<WatchNews>;
  #subscription: AsyncSubscription | undefined;
  #renewal: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  /** One at a time: of two that begin at once one is never ended, and it keeps the system's view of the tree as it was. */
  #beginning: Promise<void> = Promise.resolve();
  /** Which folder it is; undefined until it begins. */
  #watched: string | undefined;

  constructor(path: string, limits: DirectoryWatchLimits, news: Subscriber<WatchNews>) {
    this.#path = path;
    this.#limits = limits;
    this.#news = news;
  }

  begin(): void {
    // The system does not tell of what is mounted.
    this.#look = setInterval(() => void this.#renewIfReplaced(this.#path), this.#limits.rescanMs);
    this.#beginning = this.#start();
    this.#beginning.catch((error: unknown) => this.#fail(error));
  }

  end(): void {
    clearInterval(this.#look);
    clearTimeout(this.#renewal);
    this.#subscription?.unsubscribe().catch(ignoreEnded);
  }

  async #start(): Promise<void> {
    // Some systems tell real paths only.
    const root = await realpath(this.#path);
    this.#watched = await folderAt(root);
    await refuseLarge(root, this.#limits.mostEntries);
    if (this.#news.closed) return;
    const ignore = [`**/${STAGING_NAME}`, `**/${STAGING_NAME}/**`];
    const listener = (error: Error | null, events: readonly Event[]) => {
      if (this.#news.closed) return;
      if (error !== null) this.#fail(error);
      else this.#hear(root, events);
    };
    this.#subscription = await subscribe(root, listener, { ignore });
    if (this.#news.closed) await this.#subscription.unsubscribe();
    else this.#news.next(STANDS);
  }

  #hear(root: string, events: readonly Event[]): void {
    for (const event of events) {
      const [name = ''] = relative(root, event.path).split(sep);
      // A change of the root itself: it was removed or moved, and nothing more would be heard.
      if (name === '' || name === '..') void this.#renewIfReplaced(root);
      else if (name !== STAGING_NAME) this.#news.next(name);
      if (event.type === 'create') void this.#renewIfDeep(event.path);
    }
  }

  /** A folder made inside one that is only just being watched is missed, and all below it for ever. */
  async #renewIfDeep(created: string): Promise<void> {
    if (this.#renewal !== undefined || !(await holdsFolders(created)) || this.#news.closed) return;
    const renew = () => void this.#renew().catch((error: unknown) => this.#fail(error));
    this.#renewal ??= setTimeout(renew, this.#limits.renewMs);
  }

  #renew(): Promise<void> {
    this.#beginning = this.#beginning.then(() => this.#beginAnew());
    return this.#beginning;
  }

  async #beginAnew(): Promise<void> {
    if (this.#news.closed) return;
    await this.#subscription?.unsubscribe();
    this.#renewal = undefined;
    await this.#start();
    this.#news.next(ANY);
  }

  /** What is put in its place, or mounted over it, is another folder, which nobody watches yet. */
  async #renewIfReplaced(root: string): Promise<void> {
    try {
      const now = await folderAt(root);
      const isNews = this.#watched !== undefined && now !== this.#watched;
      if (this.#news.closed || !isNews) return;
      this.#watched = now;
      await this.#renew();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#news.error(error);
  }
}

/** @returns which folder lies at a path now. */
async function folderAt(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev} ${ino}`;
}

/** What is no folder, or gone again, holds none. */
async function holdsFolders(path: string): Promise<boolean> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.some((entry) => entry.isDirectory());
  } catch {
    return false;
  }
}

/** @throws where a tree has more entries than are watched. */
async function refuseLarge(root: string, mostEntries: number): Promise<void> {
  const folders = [root];
  let entries = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const directory = await opendirIfAllowed(folder, folder === root);
    if (directory === undefined) continue;
    for await (const entry of directory) {
      entries += 1;
      if (entries > mostEntries) {
        throw new Error(`it holds more than ${mostEntries} files and folders`);
      }
      if (entry.isDirectory()) folders.push(join(folder, entry.name));
    }
  }
}

async function opendirIfAllowed(folder: string, isRoot: boolean) {
  try {
    return await opendir(folder);
  } catch (error) {
    // What cannot be listed is not shared either.
    if (isRoot) throw error;
    return undefined;
  }
}

/** The watch had ended by itself: it is over either way. */
function ignoreEnded(): void {}
