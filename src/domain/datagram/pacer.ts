/** Spreads what leaves over time. Time in microseconds, rates in bytes a microsecond. */

/** A timer that was late is made up for by a burst of so long a time, not more: queues are short. */
const BURST_US = 4000;

export class Pacer {
  #at = 0;

  /** When the next packet may leave. */
  get at(): number {
    return this.#at;
  }

  left(bytes: number, rate: number, now: number): void {
    this.#at = Math.max(this.#at, now - BURST_US) + bytes / rate;
  }
}
