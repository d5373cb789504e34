/** Offers that wait to be judged, one after the other: what one takes of the room is known to the next. */
import { toRecord } from '#src/domain/errors.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Open } from './open-offers.js';

export type JudgingParts = {
  readonly judge: (open: Open) => Promise<void>;
  /** Whether it waits for the user's word still, as it was stated last. */
  readonly isOpen: (open: Open) => boolean;
  readonly tell: (event: PeerEvent) => void;
};

export class Judging {
  readonly #parts: JudgingParts;
  /** No more than there are open offers, however long a disk holds up the first and whatever is stated anew meanwhile. */
  readonly #waiting = new Set<Open>();
  #running: Promise<void> | undefined;

  constructor(parts: JudgingParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  add(open: Open): void {
    for (const one of this.#waiting) if (!this.#parts.isOpen(one)) this.#waiting.delete(one);
    this.#waiting.add(open);
    this.#running ??= this.#run();
  }

  /** Resolves once all are judged. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // What comes meanwhile is among them.
    for (const open of this.#waiting) {
      this.#waiting.delete(open);
      await this.#parts.judge(open).catch((error: unknown) => {
        this.#parts.tell({ type: 'error', ...toRecord(error) });
      });
    }
    this.#running = undefined;
  }
}
