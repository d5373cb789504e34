/** How long the way there and back takes (RFC 9002, section 5). Time in microseconds. */

/** Before anything was measured: RFC 9002, section 6.2.2. */
const FIRST_US = 333_000;

/** No timer of ours is finer: RFC 9002, section 6.1.2. */
const GRANULARITY_US = 1000;

/** What the other may take until it acknowledges: its timer and a busy moment. More than that is not believed. */
const MOST_ACK_DELAY_US = 10_000;

export class RoundTrip {
  #smoothed = FIRST_US;
  #variation = FIRST_US / 2;
  #latest = FIRST_US;
  #least = Number.POSITIVE_INFINITY;

  get smoothedUs(): number {
    return this.#smoothed;
  }

  get latestUs(): number {
    return this.#latest;
  }

  /** @param ackDelayUs for how long the other says it held the acknowledgement back. */
  measure(us: number, ackDelayUs: number): void {
    const isFirst = this.#least === Number.POSITIVE_INFINITY;
    this.#latest = us;
    this.#least = Math.min(this.#least, us);
    const delay = Math.min(ackDelayUs, MOST_ACK_DELAY_US);
    const own = us - delay >= this.#least ? us - delay : us;
    if (isFirst) {
      this.#smoothed = own;
      this.#variation = own / 2;
      return;
    }
    this.#variation += (Math.abs(this.#smoothed - own) - this.#variation) / 4;
    this.#smoothed += (own - this.#smoothed) / 8;
  }

  /** A packet is lost that is not acknowledged so long after it left while a later one is: section 6.1.2. */
  get lossDelayUs(): number {
    return Math.max(GRANULARITY_US, (9 / 8) * Math.max(this.#smoothed, this.#latest));
  }

  /** So long without any acknowledgement and something is sent to provoke one: section 6.2.1. */
  get probeDelayUs(): number {
    return this.#smoothed + Math.max(4 * this.#variation, GRANULARITY_US) + MOST_ACK_DELAY_US;
  }
}
