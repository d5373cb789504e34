/** State that events feed between readings: what happens while one is on its way is put on top of it. */
import type { Told } from '#src/peer/api.js';
import { Cell } from './cell.js';

export class Fed<S> extends Cell<S> {
  readonly #step: (state: S, event: Told) => S;
  /** What was heard since the reading that is on its way began. */
  #since: Told[] | undefined;
  #reading: Promise<void> | undefined;
  #isWantedAgain = false;

  constructor(state: S, step: (state: S, event: Told) => S = (same) => same) {
    super(state);
    this.#step = step;
  }

  hear(events: readonly Told[]): void {
    this.#since?.push(...events);
    this.set(events.reduce(this.#step, this.value));
  }

  /** One at a time: whoever wants another meanwhile gets one more, after it. Rejects as `ask` does. */
  read(ask: (before: S) => Promise<S>): Promise<void> {
    this.#isWantedAgain = this.#reading !== undefined;
    this.#reading ??= this.#readAll(ask).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(ask: (before: S) => Promise<S>): Promise<void> {
    do {
      this.#isWantedAgain = false;
      const since: Told[] = [];
      this.#since = since;
      try {
        this.set(since.reduce(this.#step, await ask(this.value)));
      } finally {
        this.#since = undefined;
      }
    } while (this.#isWantedAgain);
  }
}
