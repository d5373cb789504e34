/** Whoever asks for a download: known from his word to its end, counted while he waits, heard when he gives up. */
import { ReplaySubject } from 'rxjs';
import type { Download, DownloadEvent, DownloadOptions, DownloadResult } from '#src/peer/api.js';
import type { Asker } from './askers.js';
import { Awaited } from './awaited.js';

type AskingParts = {
  /** A new asker, and the word he used. @returns whether he is too late */
  readonly add: (asker: Asker, word: string) => boolean;
  readonly giveUp: (asker: Asker) => void;
};

export class Asking {
  readonly #parts: AskingParts;
  readonly #awaited = new Awaited();

  constructor(parts: AskingParts) {
    this.#parts = parts;
  }

  /** @param check throws where nothing can be asked so. @param begin is given the asker once he is known. */
  ask(
    word: string,
    options: DownloadOptions & Pick<Asker, 'paused'>,
    check: () => void,
    begin: (asker: Asker) => void,
  ): Download {
    // It may be under way before whoever asks can listen.
    const progress = new ReplaySubject<DownloadEvent>(1);
    const stop = new AbortController();
    const done = new Promise<DownloadResult>((resolve, reject) => {
      check();
      const { ref, signal, paused } = options;
      const asker: Asker = { ref, progress, resolve, reject, paused };
      if (this.#parts.add(asker, word)) return;
      const giveUp = () => this.#parts.giveUp(asker);
      if (signal?.aborted) return giveUp();
      signal?.addEventListener('abort', giveUp, { once: true, signal: stop.signal });
      begin(asker);
    });
    const counted = this.#awaited.count(done, () => {
      stop.abort();
      progress.complete();
    });
    return Object.assign(counted, { progress: progress.asObservable() });
  }

  /** Resolves when nobody waits for a download any more. */
  idle(): Promise<{ readonly failed: number }> {
    return this.#awaited.idle();
  }
}
