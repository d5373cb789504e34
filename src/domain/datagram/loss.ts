/** Which packets are lost: those that left well before one that arrived (RFC 9002, section 6.1; RFC 8985). */
import type { RoundTrip } from './round-trip.js';
import type { SentPacket, SentPackets } from './sent-packets.js';

/** RFC 9002, section 6.1.1: so many later ones that arrived, and it is lost. */
const PACKETS = 3;

/** On a way that reorders, as many more as were wrong; not without end. */
const MOST_PACKETS = 128;

export class LossDetection {
  readonly #sent: SentPackets;
  readonly #roundTrip: RoundTrip;
  #packets = PACKETS;
  #largest = -1;
  /** No packet below is on its way. */
  #from = 0;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(sent: SentPackets, roundTrip: RoundTrip) {
    this.#sent = sent;
    this.#roundTrip = roundTrip;
  }

  /** The newest that was acknowledged; -1 before any was. */
  get largest(): number {
    return this.#largest;
  }

  /** When the next packet will have been silent for too long. */
  get dueAt(): number {
    return this.#dueAt;
  }

  acknowledged(number: number): void {
    this.#largest = Math.max(this.#largest, number);
  }

  /** A packet was taken for lost that arrived after all: the way reorders, and more patience is due. */
  wasWrong(number: number): void {
    this.#packets = Math.min(MOST_PACKETS, Math.max(this.#packets, this.#largest - number + 1));
  }

  /** Calls with each packet that is lost by now. */
  find(now: number, lose: (packet: SentPacket) => void): void {
    const lossDelay = this.#roundTrip.lossDelayUs;
    this.#dueAt = Number.POSITIVE_INFINITY;
    let isSettledSoFar = true;
    for (let number = Math.max(this.#from, this.#sent.first); number < this.#largest; number += 1) {
      const packet = this.#sent.get(number);
      if (packet?.fate !== 'in-flight') continue;
      const isLost = number <= this.#largest - this.#packets || packet.sentAt + lossDelay <= now;
      if (isLost) lose(packet);
      else {
        this.#dueAt = Math.min(this.#dueAt, packet.sentAt + lossDelay);
        if (isSettledSoFar) this.#from = number;
        isSettledSoFar = false;
      }
    }
    if (isSettledSoFar) this.#from = Math.max(this.#from, this.#largest);
  }
}
