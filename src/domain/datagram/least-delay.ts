/**
 * How long the way there and back takes without any queue, and how long a round's luckiest packet waited in one: the least
 * of what was measured of late. Time in microseconds.
 */
import { MOST_OWN_US } from './headroom.js';

/**
 * The least of this time counts; then so little is to be sent for a moment that it shows again. Sooner where more waits
 * than what leaves ahead of time could make wait: the way itself has become longer.
 */
const LASTS_US = 5_000_000;
const LONGER_WAY_US = 500_000;

/** As good as the least, where timers and threads jitter. */
const SAME_SHARE = 1.05;
const SAME_US = 250;

export class LeastDelay {
  #us: number;
  /** When it showed last. */
  #at: number;
  #roundUs = Number.POSITIVE_INFINITY;
  #waitingUs = 0;
  #probedUs = Number.POSITIVE_INFINITY;

  /** @param rttUs as the handshake took. */
  constructor(rttUs: number, now: number) {
    this.#us = rttUs;
    this.#at = now;
  }

  get us(): number {
    return this.#us;
  }

  /** How long even the luckiest packet of the last round waited. */
  get waitingUs(): number {
    return this.#waitingUs;
  }

  /** Whether it is time to send so little that it shows. */
  isOld(now: number): boolean {
    const age = now - this.#at;
    return age > LASTS_US || (age > LONGER_WAY_US && this.#waitingUs > MOST_OWN_US);
  }

  learn(rttUs: number, now: number): void {
    this.#roundUs = Math.min(this.#roundUs, rttUs);
    this.#probedUs = Math.min(this.#probedUs, rttUs);
    if (rttUs <= this.#us * SAME_SHARE + SAME_US) this.#at = now;
    this.#us = Math.min(this.#us, rttUs);
  }

  endRound(): void {
    if (this.#roundUs < Number.POSITIVE_INFINITY) this.#waitingUs = this.#roundUs - this.#us;
    this.#roundUs = Number.POSITIVE_INFINITY;
  }

  /** The queue is given time to drain: what waited does not count any more. */
  drains(): void {
    this.#waitingUs = 0;
  }

  /** From now on so little is sent that it shows. */
  beginProbe(): void {
    this.#probedUs = Number.POSITIVE_INFINITY;
  }

  /** What showed since then is the least. @returns whether the way itself has become longer. */
  endProbe(now: number): boolean {
    this.#at = now;
    if (this.#probedUs === Number.POSITIVE_INFINITY) return false;
    const isLonger = this.#probedUs - this.#us > MOST_OWN_US;
    this.#us = this.#probedUs;
    return isLonger;
  }
}
