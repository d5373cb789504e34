/** The answer to who began a download and does not wait for its end. */
import { concat, firstValueFrom, map, race, timer } from 'rxjs';
import type { Download } from '#src/peer/api.js';

/** Somebody waits for the answer, and a browser has few connections. */
const LONGEST_BEGIN_MS = 1000;

/** Rejects where it cannot begin. @returns what was told of it, its result where it is here already, and nothing where that takes long. */
export function underWay(download: Download): Promise<object> {
  // How it ends is told by an event.
  download.catch(() => undefined);
  const slow = timer(LONGEST_BEGIN_MS).pipe(map(() => ({})));
  return firstValueFrom(race(concat(download.progress, download), slow));
}
