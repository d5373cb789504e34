/** Tells how far a single file is, from when it was wanted on: what passed before, somebody thinking, is no part of it. */
import { ProgressMeter } from '#src/domain/download-progress.js';

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
  readonly #since = performance.now();
  readonly #ticker: NodeJS.Timeout;

  /** @param doneBytes asked each time it is told. */
  constructor(bytes: number, doneBytes: () => number, tell: (progress: FileProgress) => void) {
    this.#bytes = bytes;
    const meter = new ProgressMeter();
    meter.begin(bytes, 0);
    // Rates are counted from here, as if nothing had been told just now.
    meter.isDue('time', this.#since);
    let before = 0;
    this.#ticker = setInterval(() => {
      const done = doneBytes();
      meter.add(done - before);
      before = done;
      const now = performance.now();
      if (!meter.isDue('gained', now)) return;
      const { bytesPerSecond, etaMs } = meter.now(now);
      tell({ doneBytes: done, bytes, bytesPerSecond, etaMs });
    }, TOLD_MS);
  }

  /** The last byte is where it belongs; nothing is told any more. */
  end(): FilePace {
    clearInterval(this.#ticker);
    const ms = Math.max(1, Math.round(performance.now() - this.#since));
    const bytes = this.#bytes;
    return { bytes, ms, bytesPerSecond: Math.round((bytes / ms) * 1000) };
  }
}
