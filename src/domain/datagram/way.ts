/**
 * What is known of the way to the other end: how large packets may be, how long they take, how fast they may follow each
 * other, and how many bytes may be on it at once. It learns from what left and what became of it. Time in microseconds.
 */
import { Congestion } from './congestion.js';
import { DeliveryRate } from './delivery-rate.js';
import { Pacer } from './pacer.js';
import { BASE_BYTES, PacketSize } from './packet-size.js';
import { RoundTrip } from './round-trip.js';
import type { SentPacket } from './sent-packets.js';

/** Whoever says that its socket holds less is sent so much nevertheless: what a way carries to begin with. */
const FEWEST_SOCKET_BYTES = 10 * BASE_BYTES;

export type WayOptions = {
  /** Datagrams of so many bytes are the largest that both interfaces carry. */
  readonly datagramLimit: number;
  /** Bytes that the other end's socket holds before anybody reads them. */
  readonly socketBytes: number;
  readonly rttUs: number;
  readonly now: number;
};

export class Way {
  readonly roundTrip = new RoundTrip();
  readonly #socketBytes: number;
  readonly #rate = new DeliveryRate();
  readonly #size: PacketSize;
  readonly #pacer = new Pacer();
  #congestion: Congestion;

  constructor({ datagramLimit, socketBytes, rttUs, now }: WayOptions) {
    this.#socketBytes = Math.max(FEWEST_SOCKET_BYTES, socketBytes);
    this.#size = new PacketSize(datagramLimit);
    this.#congestion = new Congestion(this.#size.bytes, rttUs, now);
    this.roundTrip.measure(rttUs, 0);
  }

  /** Bytes of a datagram that may be sent. */
  get packetBytes(): number {
    return this.#size.bytes;
  }

  /** Bytes that it takes at once. */
  get window(): number {
    return this.#congestion.window;
  }

  /** When the next packet may leave. */
  get freeAt(): number {
    return this.#pacer.at;
  }

  /** Whether it takes one more packet, and the other end's socket does. */
  takesMore(bytesInFlight: number): boolean {
    const { window, carried } = this.#congestion;
    const most = Math.min(window, carried + this.#socketBytes);
    return bytesInFlight + this.#size.bytes <= most;
  }

  /** @returns a larger size that leaves now to be tried, if any. */
  trySize(now: number): number | undefined {
    const bytes = this.#size.toTry(now);
    if (bytes !== undefined) this.#size.tried();
    return bytes;
  }

  /** @param isIdle whether nothing was in flight before it. */
  left(packet: SentPacket, isIdle: boolean, now: number): void {
    this.#rate.left(packet, isIdle);
    packet.isDraining = this.#congestion.isDraining;
    this.#pacer.left(packet.bytes, this.#congestion.rate, now);
  }

  /** There is nothing more to send. */
  ranDry(bytesInFlight: number): void {
    this.#rate.ranDry(bytesInFlight);
  }

  lost(packet: SentPacket, now: number): void {
    if (packet.isDraining) this.#congestion.drained(true);
    if (this.#size.lost(packet.bytes, packet.kind === 'size-probe', now)) this.#resize();
  }

  // What one acknowledgement tells: it begins, says what arrived, and ends with what follows from all of it.

  beginAcknowledgement(): void {
    this.#rate.reset();
  }

  /** @param wasLost whether it was taken for lost. */
  arrived(packet: SentPacket, wasLost: boolean, now: number): void {
    if (packet.isDraining && !wasLost) this.#congestion.drained(false);
    this.#rate.acknowledged(packet, now);
    if (this.#size.arrived(packet.bytes, packet.kind === 'size-probe', now)) this.#resize();
  }

  /** @param rttUs of the newest packet, if that is news. @param inFlight bytes that are still on their way. */
  endAcknowledgement(rttUs: number | undefined, inFlight: number, now: number): void {
    const sample = this.#rate.conclude(this.#congestion.leastRttUs);
    const { delivered } = this.#rate;
    this.#congestion.acknowledged({ sample, rttUs, inFlight, delivered }, now);
  }

  /** Whatever was known of how much it carries may be wrong. */
  startOver(now: number): void {
    if (this.#size.fall(now)) this.#resize();
    this.#congestion.restart();
  }

  /** It is another way from now on: what was learnt of the old one does not hold. */
  change(now: number): void {
    this.#size.fall(now);
    this.#congestion = new Congestion(this.#size.bytes, this.roundTrip.smoothedUs, now);
  }

  #resize(): void {
    this.#congestion.resize(this.#size.bytes);
  }
}
