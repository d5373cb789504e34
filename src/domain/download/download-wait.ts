/** How long a download has gone without progress, what it lacks, and when it is given up. Pure. */

import type { ErrorRecord } from '#src/domain/errors.js';
import type { DownloadSources, Lack } from './download-sources.js';

export class DownloadWait {
  #timeoutMs: number;
  #since: number;
  #lack: Lack | undefined;

  /** @param timeoutMs given up after so long without progress; infinite while nobody waits for it. */
  constructor(timeoutMs: number, now: number) {
    this.#timeoutMs = timeoutMs;
    this.#since = now;
  }

  /** Somebody else waits for it from now on. */
  anew(timeoutMs: number, now: number): void {
    this.#timeoutMs = timeoutMs;
    this.#since = now;
  }

  /** Something arrived, or it is not the sources' fault that nothing does. */
  gained(now: number): void {
    this.#since = now;
  }

  /** @returns whether it lacks something, and something else than at the tick before. */
  isNews(lack: Lack | undefined): lack is Lack {
    const isNews = lack !== undefined && lack !== this.#lack;
    this.#lack = lack;
    return isNews;
  }

  isOver(now: number): boolean {
    return now - this.#since >= this.#timeoutMs;
  }

  /** @returns why it is given up, for the user. */
  failure({ connected, lastFailure }: DownloadSources): ErrorRecord {
    const seconds = Math.round(this.#timeoutMs / 1000);
    if (connected.length > 0) {
      const message = `Nothing arrived for ${seconds} s; what arrived before is kept.`;
      return { code: 'timed-out', message };
    }
    const why = lastFailure === undefined ? '' : ` (the last one failed: ${lastFailure.message})`;
    const message = `Nobody who has it could be reached for ${seconds} s${why}.`;
    return { code: 'no-sources', message };
  }
}
