/**
 * The chunks of one session that are on their way out, and how long the other may let them lie. While they lie
 * they hold memory that all share; pings alone prove that it lives, not that it takes what it asked for.
 */

/** As long as one who fetches waits for a part of a chunk: at the least, and in terms of what its rate says. */
const DEADLINE_MS = 20_000;
const DEADLINE_FACTOR = 4;

/** While others wait for memory: a wireless link that stands still for longer has gone. */
const STILL_MS = 5000;

/** However slow it was before: else each chunk could take four times as long as the last one. */
const MOST_MS = 120_000;

export class LeavingChunks {
  /** Bytes of each, oldest first. They leave in this order. */
  readonly #lengths: number[] = [];
  /** How long the oldest has been leaving, in the caller's ticks. */
  #waitedMs = 0;
  /** How long nothing of it has left. */
  #stillMs = 0;
  #msPerByte = 0;

  begin(bytes: number): void {
    if (this.#lengths.length === 0) {
      this.#waitedMs = 0;
      this.#stillMs = 0;
    }
    this.#lengths.push(bytes);
  }

  /** Some of it has left. */
  moved(): void {
    this.#stillMs = 0;
  }

  /** The oldest has left, or never will. */
  end(): void {
    const bytes = this.#lengths.shift() ?? 0;
    this.#msPerByte = this.#waitedMs / Math.max(1, bytes);
    this.#waitedMs = 0;
  }

  /**
   * So much more time has passed. @param isScarce others wait for the memory.
   * @returns whether nothing has left for too long.
   */
  tick(ms: number, isScarce: boolean): boolean {
    const [bytes] = this.#lengths;
    if (bytes === undefined) return false;
    this.#waitedMs += ms;
    this.#stillMs += ms;
    if (isScarce && this.#stillMs > STILL_MS) return true;
    const byRate = DEADLINE_FACTOR * bytes * this.#msPerByte;
    return this.#stillMs > Math.min(MOST_MS, Math.max(DEADLINE_MS, byRate));
  }
}
