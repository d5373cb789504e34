/** How long answers to pings take on one session. Milliseconds; monotonic time is an argument. */

/** Of RFC 6298, section 2.3: one late answer is no news. */
const SHARE = 1 / 8;

/** Two minutes of pings, in which a machine is idle once. */
const LATEST = 8;

export class PingTimes {
  #pingedAt: number | undefined;
  #smoothed: number | undefined;
  /** The newest last. */
  readonly #latest: number[] = [];

  /** The least of the latest: what it takes where neither end is busy. Undefined until something was measured. */
  get leastMs(): number | undefined {
    return this.#latest.length === 0 ? undefined : Math.min(...this.#latest);
  }

  /** Smoothed as in RFC 6298. Undefined until something was measured. */
  get smoothedMs(): number | undefined {
    return this.#smoothed;
  }

  /** A ping leaves. Of several the first answer belongs to the oldest. */
  pinged(now: number): void {
    this.#pingedAt ??= now;
  }

  /** An answer to a ping came; one to none says nothing. */
  answered(now: number): void {
    if (this.#pingedAt === undefined) return;
    const ms = now - this.#pingedAt;
    this.#pingedAt = undefined;
    this.#latest.push(ms);
    if (this.#latest.length > LATEST) this.#latest.shift();
    this.#smoothed =
      this.#smoothed === undefined ? ms : this.#smoothed + SHARE * (ms - this.#smoothed);
  }
}
