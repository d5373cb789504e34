/** Tells how far a single file is, from when it was wanted on: what passed before, somebody thinking, is no part of it. */
import { ProgressMeter } from '#src/domain/download/download-progress.js';

/** As often as a terminal is drawn anew; below what any thread or program is bothered by. */
const TOLD_MS = 200;

export type FileProgress = {
  readonly doneBytes: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly etaMs: number | null;
};

/** What it took in the end. */
export type FilePace = {
  readonly bytes: number;
  readonly ms: number;
  readonly bytesPerSecond: number;
};

export class ProgressTeller {
  readonly #bytes: number;
  readonly #tell: (progress: FileProgress) => void;
  readonly #meter = new ProgressMeter();
  readonly #since = performance.now();
  readonly #ticker: NodeJS.Timeout;
  #before = 0;

  /** @param doneBytes asked each time it is told. */
  constructor(bytes: number, doneBytes: () => number, tell: (progress: FileProgress) => void) {
    this.#bytes = bytes;
    this.#tell = tell;
    this.#meter.begin(bytes, 0);
    // Rates are counted from here, as if nothing had been told just now.
    this.#meter.isDue('time', this.#since);
    this.#ticker = setInterval(() => this.#look(doneBytes()), TOLD_MS);
  }

  /** It is where it belongs, whole: that is told, however short it took. @returns what it took. */
  complete(): FilePace {
    this.end();
    const bytes = this.#bytes;
    this.#count(bytes);
    this.#tell({ ...this.#meter.now(performance.now()), etaMs: 0 });
    const ms = Math.max(1, Math.round(performance.now() - this.#since));
    return { bytes, ms, bytesPerSecond: Math.round((bytes / ms) * 1000) };
  }

  /** Nothing is told any more. */
  end(): void {
    clearInterval(this.#ticker);
  }

  #look(done: number): void {
    this.#count(done);
    const now = performance.now();
    if (this.#meter.isDue('gained', now)) this.#tell(this.#meter.now(now));
  }

  #count(done: number): void {
    this.#meter.add(done - this.#before);
    this.#before = done;
  }
}
