/** How long answers to pings take on one session, smoothed as in RFC 6298. Milliseconds; monotonic time is an argument. */

/** Of RFC 6298, section 2.3: one late answer is no news. */
const SHARE = 1 / 8;

export class PingTimes {
  #pingedAt: number | undefined;
  #smoothed: number | undefined;

  /** Undefined until something was measured. */
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
    this.#smoothed =
      this.#smoothed === undefined ? ms : this.#smoothed + SHARE * (ms - this.#smoothed);
  }
}
