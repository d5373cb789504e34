/** State that events feed between readings: what happens while one is on its way is put on top of it. */
import type { Told } from '#src/peer/api.js';
import { Cell } from './cell.js';

export class Fed<S> extends Cell<S> {
  readonly #step: (state: S, event: Told) => S;
  /** What was heard since the reading that is on its way began. */
  #since: Told[] | undefined;
  #reading: Promise<void> | undefined;
  #wanted: ((before: S) => Promise<S>) | undefined;

  constructor(state: S, step: (state: S, event: Told) => S = (same) => same) {
    super(state);
    this.#step = step;
  }

  hear(events: readonly Told[]): void {
    this.#since?.push(...events);
    this.set(events.reduce(this.#step, this.value));
  }

  /** One at a time: of those wanted meanwhile the last comes after it, also where it failed. Rejects as the last one does. */
  read(ask: (before: S) => Promise<S>): Promise<void> {
    this.#wanted = ask;
    this.#reading ??= this.#readAll();
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    try {
      for (let ask = this.#taken(); ask !== undefined; ask = this.#taken())
        await this.#readOnce(ask);
    } finally {
      this.#reading = undefined;
    }
  }

  #taken() {
    const ask = this.#wanted;
    this.#wanted = undefined;
    return ask;
  }

  async #readOnce(ask: (before: S) => Promise<S>): Promise<void> {
    const since: Told[] = [];
    this.#since = since;
    try {
      this.set(since.reduce(this.#step, await ask(this.value)));
    } catch (error) {
      // The one that was wanted meanwhile says how it is instead.
      if (this.#wanted === undefined) throw error;
    } finally {
      this.#since = undefined;
    }
  }
}
