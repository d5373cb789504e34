/** Watches a single file through its folder, since saving often replaces the file. */
import { type FSWatcher, watch } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Observable } from 'rxjs';
import { STANDS, type WatchNews } from './watch-news.js';

/** Errors where the folder cannot be watched or is gone; never completes. */
export function watchFile(path: string): Observable<WatchNews> {
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

async function failIfGone(path: string, fail: (error: unknown) => void): Promise<void> {
  try {
    await access(path);
  } catch (error) {
    fail(error);
  }
}
