/**
 * Watches what is shared: says that something below a path changed, not what it is now. Directories are
 * watched by `@parcel/watcher`, which asks the system to watch directories only; others ask it to watch every
 * file. A single file is watched through its folder, since saving often replaces it. Where a tree is too
 * large or the system refuses, it is to be looked at every minute, and that is said; what was watched until then is
 * tried once more after a second.
 */
import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { access, opendir, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { AsyncSubscription, Event } from '@parcel/watcher';
import { subscribe } from '@parcel/watcher';
import {
  auditTime,
  buffer,
  catchError,
  concat,
  connect,
  debounceTime,
  filter,
  map,
  merge,
  Observable,
  of,
  repeat,
  tap,
  timer,
} from 'rxjs';
import type { ContentKind } from '#src/domain/entries.js';
import { STAGING_NAME } from '#src/domain/name.js';

export type WatchItem =
  /** The watch stands: whoever looks now will miss nothing. Said at the start, and after each fallback. */
  | { readonly kind: 'watching' }
  /** `names`: what stands directly in the directory and changed or holds a change; empty if that is unknown. */
  | { readonly kind: 'changed'; readonly names: readonly string[] }
  /** Not watched, and why; `changed` comes instead, soon once and then every minute, until watching works again. */
  | { readonly kind: 'fallback'; readonly why: string; readonly isGone: boolean };

export type WatchTimes = {
  readonly settleMs: number;
  readonly longestMs: number;
  readonly rescanMs: number;
  readonly renewMs: number;
  readonly mostEntries: number;
};

const TIMES: WatchTimes = {
  /** Copying a file makes a burst of changes: one hashing is enough for it. */
  settleMs: 200,
  /** A file that is written to for minutes does not hide the others. */
  longestMs: 2000,
  rescanMs: 60_000,
  /** Long enough that unpacking a deep tree renews the watch a few times, not for each of its folders. */
  renewMs: 1000,
  /** The system's watches are few on some machines (8,192 a user), and other programs need some too. */
  mostEntries: 10_000,
};

const WATCHING: WatchItem = { kind: 'watching' };
const ALL_CHANGED: WatchItem = { kind: 'changed', names: [] };

/** Never completes or errors. Unsubscribing ends the watch and whatever thread it had. */
export function watchShare(
  path: string,
  kind: ContentKind,
  times: WatchTimes = TIMES,
): Observable<WatchItem> {
  const watched = kind === 'file' ? watchFile(path) : watchDirectory(path, times);
  let againMs = times.rescanMs;
  return coalesced(watched, times).pipe(
    tap(({ kind }) => {
      // What stood until now may be back in a moment: another folder is being put in its place.
      if (kind === 'watching') againMs = times.renewMs;
    }),
    catchError((error: Error) => {
      const again = timer(againMs).pipe(map(() => ALL_CHANGED));
      againMs = times.rescanMs;
      const isGone = isMissing(error);
      return concat(of<WatchItem>({ kind: 'fallback', why: error.message, isGone }), again);
    }),
    repeat(),
    withoutRepeatedFallback(),
  );
}

/** A first component that changed; '' when the watch stands, '/' where any may have changed. */
type Name = string;
const STANDS = '';
const ANY = '/';

function coalesced(names: Observable<Name>, times: WatchTimes): Observable<WatchItem> {
  return names.pipe(
    connect((names) => {
      const changes = names.pipe(filter((name) => name !== STANDS));
      const settled = merge(
        changes.pipe(debounceTime(times.settleMs)),
        changes.pipe(auditTime(times.longestMs)),
      );
      return merge(
        names.pipe(
          filter((name) => name === STANDS),
          map(() => WATCHING),
        ),
        changes.pipe(
          buffer(settled),
          filter((batch) => batch.length > 0),
          map(
            (batch): WatchItem =>
              batch.includes(ANY) ? ALL_CHANGED : { kind: 'changed', names: [...new Set(batch)] },
          ),
        ),
      );
    }),
  );
}

/** The same fallback minute after minute is said once. */
function withoutRepeatedFallback() {
  let why: string | undefined;
  return filter((item: WatchItem) => {
    if (item.kind === 'changed') return true;
    const isNew = item.kind === 'watching' || item.why !== why;
    why = item.kind === 'watching' ? undefined : item.why;
    return isNew;
  });
}

function watchDirectory(path: string, times: WatchTimes): Observable<Name> {
  return new Observable((subscriber) => {
    let subscription: AsyncSubscription | undefined;
    let renewal: NodeJS.Timeout | undefined;
    let watched = '';
    const fail = (error: unknown) => subscriber.error(error);

    const hear = (root: string, events: readonly Event[]) => {
      for (const event of events) {
        const [name = ''] = relative(root, event.path).split(sep);
        // A change of the root itself: it was removed or moved, and nothing more would be heard.
        if (name === '' || name === '..') void renewIfReplaced(root);
        else if (name !== STAGING_NAME) subscriber.next(name);
        if (event.type === 'create') void renewIfDeep(event.path);
      }
    };

    const start = async () => {
      // Some systems tell real paths only.
      const root = await realpath(path);
      watched = await folderAt(root);
      await refuseLarge(root, times.mostEntries);
      if (subscriber.closed) return;
      const ignore = [`**/${STAGING_NAME}`, `**/${STAGING_NAME}/**`];
      const listener = (error: Error | null, events: readonly Event[]) => {
        if (subscriber.closed) return;
        if (error !== null) fail(error);
        else hear(root, events);
      };
      subscription = await subscribe(root, listener, { ignore });
      if (subscriber.closed) await subscription.unsubscribe();
      else subscriber.next(STANDS);
    };

    // A folder made inside one that is only just being watched is missed, and all below it for ever.
    const renewIfDeep = async (created: string) => {
      if (renewal !== undefined || !(await holdsFolders(created)) || subscriber.closed) return;
      renewal ??= setTimeout(() => void renew().catch(fail), times.renewMs);
    };
    const renew = async () => {
      await subscription?.unsubscribe();
      renewal = undefined;
      await start();
      subscriber.next(ANY);
    };

    // What is put in its place, or mounted over it, is another folder, which nobody watches yet.
    const renewIfReplaced = async (root: string) => {
      try {
        const now = await folderAt(root);
        if (subscriber.closed || now === watched) return;
        watched = now;
        await renew();
      } catch (error) {
        fail(error);
      }
    };
    // The system does not tell of what is mounted.
    const look = setInterval(() => void renewIfReplaced(path), times.rescanMs);

    start().catch(fail);
    return () => {
      clearInterval(look);
      clearTimeout(renewal);
      subscription?.unsubscribe().catch(ignoreEnded);
    };
  });
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

function watchFile(path: string): Observable<Name> {
  return new Observable((subscriber) => {
    const folder = dirname(path);
    const name = basename(path);
    let watcher: FSWatcher;
    try {
      watcher = watch(folder);
    } catch (error) {
      subscriber.error(error);
      return undefined;
    }
    watcher.on('error', (error) => subscriber.error(error));
    watcher.on('change', (event, changed) => {
      if (changed === null || changed.toString() === name) subscriber.next(name);
      // Also said of the folder itself when it goes.
      else if (event === 'rename') void failIfGone(folder, (error) => subscriber.error(error));
    });
    subscriber.next(STANDS);
    return () => watcher.close();
  });
}

function isMissing(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function failIfGone(path: string, fail: (error: unknown) => void): Promise<void> {
  try {
    await access(path);
  } catch (error) {
    fail(error);
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
