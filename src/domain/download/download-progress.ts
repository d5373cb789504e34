/** How far a download is and how fast it goes; told neither too often nor too seldom. Pure. */
import type { Progress } from './download-events.js';

/** Progress is told at least once a second, at most ten times; the tick after 750 ms is never later than that. */
const TOLD_MOST_MS = 100;
const TOLD_LEAST_MS = 750;

/** The rate shown is that of the last few seconds. */
const RATE_WINDOW_MS = 3000;

export class ProgressMeter {
  #bytes = 0;
  #doneBytes = 0;
  /** Told of chunks that are not done yet: they count for the rate alone, or a slow line would seem to stand still. */
  #partBytes = 0;
  #lastToldAt = Number.NEGATIVE_INFINITY;
  readonly #window: { readonly at: number; readonly bytes: number }[] = [];

  begin(bytes: number, doneBytes: number): void {
    this.#bytes = bytes;
    this.#doneBytes = doneBytes;
  }

  /** A chunk is done. */
  add(bytes: number): void {
    this.#doneBytes += bytes;
  }

  partArrived(bytes: number): void {
    this.#partBytes += bytes;
  }

  /** Its chunk is done, or will never be. */
  partGone(bytes: number): void {
    this.#partBytes -= bytes;
  }

  /** @returns whether it is time to tell: `gained` when something arrived, otherwise because time passes. */
  isDue(why: 'gained' | 'time', now: number): boolean {
    const everyMs = why === 'gained' ? TOLD_MOST_MS : TOLD_LEAST_MS;
    if (now - this.#lastToldAt < everyMs) return false;
    this.#lastToldAt = now;
    this.#window.push({ at: now, bytes: this.#arrived });
    while (now - (this.#window[0]?.at ?? now) > RATE_WINDOW_MS) this.#window.shift();
    return true;
  }

  now(now: number): Pick<Progress, 'bytes' | 'doneBytes' | 'bytesPerSecond' | 'etaMs'> {
    const bytesPerSecond = this.#rate(now);
    const left = this.#bytes - this.#doneBytes;
    return {
      bytes: this.#bytes,
      doneBytes: this.#doneBytes,
      bytesPerSecond,
      etaMs: bytesPerSecond > 0 ? Math.round((left / bytesPerSecond) * 1000) : null,
    };
  }

  get #arrived(): number {
    return this.#doneBytes + this.#partBytes;
  }

  #rate(now: number): number {
    const first = this.#window[0];
    if (first === undefined || now <= first.at) return 0;
    const gained = Math.max(0, this.#arrived - first.bytes);
    return Math.round((gained * 1000) / (now - first.at));
  }
}
