/**
 * Watches what is shared: says that something below a path changed, not what it is now; a burst of changes once.
 * Where a tree is too large or the system refuses, it is to be looked at every minute, and that is said; what was
 * watched until then is tried once more after a second. The watches are in directory-watch.ts and file-watch.ts.
 */
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
  type Observable,
  of,
  repeat,
  tap,
  timer,
} from 'rxjs';
import type { ContentKind } from '#src/domain/content/entries.js';
import { type DirectoryWatchLimits, watchDirectory } from './directory-watch.js';
import { watchFile } from './file-watch.js';
import { ANY, STANDS, type WatchNews } from './watch-news.js';

export type WatchItem =
  /** The watch stands: whoever looks now will miss nothing. Said at the start, and after each fallback. */
  | { readonly kind: 'watching' }
  /** `names`: what stands directly in the directory and changed or holds a change; empty if that is unknown. */
  | { readonly kind: 'changed'; readonly names: readonly string[] }
  /** Not watched, and why; `changed` comes instead, soon once and then every minute, until watching works again. */
  | { readonly kind: 'fallback'; readonly why: string; readonly isGone: boolean };

export type WatchTimes = DirectoryWatchLimits & {
  readonly settleMs: number;
  readonly longestMs: number;
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

function coalesced(names: Observable<WatchNews>, times: WatchTimes): Observable<WatchItem> {
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

function isMissing(error: Error): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
