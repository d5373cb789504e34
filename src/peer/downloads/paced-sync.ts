/** Brings what was written of a download to the disk now and then, one sync at a time. */
import { MiB } from '#src/domain/limits.js';

/** What was written is synced this often, or after so many bytes: a power loss costs no more than that. */
const SYNC_MS = 1000;
const SYNC_BYTES = 256 * MiB;

export class PacedSync {
  readonly #sync: () => Promise<void>;
  #running: Promise<void> | undefined;
  #lastAt = 0;
  #lastBytes = 0;

  /** @param sync never rejects. */
  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Resolves once none runs. */
  get ended(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** @param doneBytes what is here now. */
  tick(now: number, doneBytes: number): void {
    const isNew = doneBytes !== this.#lastBytes;
    const isDue = now - this.#lastAt >= SYNC_MS || doneBytes - this.#lastBytes >= SYNC_BYTES;
    if (this.#running !== undefined || !isNew || !isDue) return;
    this.#lastAt = now;
    this.#lastBytes = doneBytes;
    this.#running = this.#sync().finally(() => {
      this.#running = undefined;
    });
  }
}
