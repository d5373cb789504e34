/**
 * How fast the other end receives, measured by what it acknowledges (draft-cheng-iccrg-delivery-rate-estimation).
 * Time in microseconds, rates in bytes a microsecond.
 */
import type { SentPacket } from './sent-packets.js';

/** What one acknowledgement shows. The record is used again for the next. */
export type RateSample = {
  /** 0 where nothing can be said. */
  rate: number;
  /** Whether there was not enough to send: the way could have taken more. */
  isAppLimited: boolean;
  /** Bytes that were delivered when the newest acknowledged packet left: what rounds are counted by. */
  priorDelivered: number;
  /** Newly acknowledged. */
  bytes: number;
};

export class DeliveryRate {
  /** Bytes that were acknowledged in all. */
  #delivered = 0;
  #deliveredAt = 0;
  /** When the packet left from whose acknowledgement the current interval is counted. */
  #firstSentAt = 0;
  /** While it is not 0: all that leaves before so much is delivered left for want of more to send. */
  #appLimitedUntil = 0;
  /** When the newest of the acknowledged packets, its interval, and how it stood as it left. */
  #sendElapsed = 0;
  #ackElapsed = 0;
  #priorAt = 0;
  readonly #sample: RateSample = { rate: 0, isAppLimited: false, priorDelivered: -1, bytes: 0 };

  get delivered(): number {
    return this.#delivered;
  }

  /** @param isIdle whether nothing was in flight before it. */
  left(packet: SentPacket, isIdle: boolean): void {
    if (isIdle) {
      this.#firstSentAt = packet.sentAt;
      this.#deliveredAt = packet.sentAt;
    }
    packet.delivered = this.#delivered;
    packet.deliveredAt = this.#deliveredAt;
    packet.firstSentAt = this.#firstSentAt;
    packet.isAppLimited = this.#appLimitedUntil !== 0;
  }

  /** There is nothing more to send, and the way has room. */
  ranDry(bytesInFlight: number): void {
    this.#appLimitedUntil = Math.max(1, this.#delivered + bytesInFlight);
  }

  acknowledged(packet: SentPacket, now: number): void {
    this.#delivered += packet.bytes;
    this.#sample.bytes += packet.bytes;
    this.#deliveredAt = now;
    if (packet.delivered < this.#sample.priorDelivered) return;
    this.#sample.priorDelivered = packet.delivered;
    this.#sample.isAppLimited = packet.isAppLimited;
    this.#priorAt = packet.deliveredAt;
    this.#sendElapsed = packet.sentAt - packet.firstSentAt;
    this.#firstSentAt = packet.sentAt;
  }

  /** All packets of one acknowledgement are counted. @param leastRttUs shorter intervals show nothing. */
  conclude(leastRttUs: number): Readonly<RateSample> {
    const sample = this.#sample;
    if (this.#appLimitedUntil !== 0 && this.#delivered > this.#appLimitedUntil) {
      this.#appLimitedUntil = 0;
    }
    this.#ackElapsed = this.#deliveredAt - this.#priorAt;
    const elapsed = Math.max(this.#sendElapsed, this.#ackElapsed);
    const isShown = sample.bytes > 0 && elapsed > 0 && elapsed >= leastRttUs;
    sample.rate = isShown ? (this.#delivered - sample.priorDelivered) / elapsed : 0;
    return sample;
  }

  /** Before the next acknowledgement. */
  reset(): void {
    this.#sample.priorDelivered = -1;
    this.#sample.bytes = 0;
    this.#sample.rate = 0;
  }
}
