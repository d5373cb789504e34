/** A number of bytes that grows now and then, and how fast it does. */

/** What leaves is told once a second, what is held every two; what grew by nothing for so long does not grow any more. */
export const QUIET_MS = 5000;

/** What is told more often says no more about a rate, and nobody reads it. */
const STEP_MS = 1000;

export class GrowingBytes {
  #bytes = 0;
  #at: number | undefined;
  #perSecond = 0;
  /** Since the rate was reckoned last. */
  #gained = 0;

  /** Undefined until it was heard of. */
  get bytes(): number | undefined {
    return this.#at === undefined ? undefined : this.#bytes;
  }

  add(bytes: number, now: number): void {
    this.be(this.#bytes + bytes, now);
  }

  /** It is so many now, or fewer. @returns whether a rate was reckoned anew */
  be(bytes: number, now: number): boolean {
    this.#gained += Math.max(0, bytes - this.#bytes);
    this.#bytes = bytes;
    const ms = now - (this.#at ?? now - STEP_MS);
    if (ms < STEP_MS) return false;
    this.#perSecond = Math.round((this.#gained * 1000) / ms);
    this.#gained = 0;
    this.#at = now;
    return true;
  }

  /** Whoever it is of is gone. */
  stop(): void {
    this.#perSecond = 0;
    this.#gained = 0;
  }

  isGrowing(now: number): boolean {
    return this.#at !== undefined && this.#perSecond > 0 && now - this.#at < QUIET_MS;
  }

  perSecond(now: number): number {
    return this.isGrowing(now) ? this.#perSecond : 0;
  }
}
