/**
 * What one end sends: its stream in numbered packets, as fast as the way carries it, each followed until it arrived or is
 * lost. Time in microseconds.
 */
import type { NumberedDepartures } from './departures.js';
import { Flight } from './flight.js';
import { OutgoingStream } from './outgoing-stream.js';
import { type Acknowledgement, DATA_OVERHEAD, SMALL_BYTES } from './packet.js';
import type { SentPacket } from './sent-packets.js';
import type { Traffic } from './traffic.js';
import { Way, type WayOptions } from './way.js';

/** RFC 9002, section 6.2.4: one of two gets through where one alone would be lost. */
const PROBES = 2;

/**
 * Written and not acknowledged: where one in five is lost, one in thousands is lost five times over before it arrives, and
 * all behind it waits. So eight times what is on its way, within these.
 */
const BUFFERED_WINDOWS = 8;
const FEWEST_BUFFERED = 1024 * 1024;
const MOST_BUFFERED = 8 * 1024 * 1024;

export type SendingOptions = WayOptions & {
  /** Bytes that may leave before the other end says that it takes more. */
  readonly credit: number;
  /** @returns a number below 2^48 that nobody can guess. */
  readonly word: () => number;
  /** @returns how much of what was written it may keep at most, where others want memory too. */
  readonly share: () => number;
};

export class Sending {
  readonly stream: OutgoingStream;
  readonly #traffic: Traffic;
  readonly #share: () => number;
  readonly #way: Way;
  readonly #flight: Flight;
  /** Packets that leave whatever the window says, to find out what arrives. */
  #probes = 0;
  #isPingDue = false;

  constructor(options: SendingOptions, traffic: Traffic) {
    this.#traffic = traffic;
    this.#share = options.share;
    this.stream = new OutgoingStream(options.credit);
    this.#way = new Way(options);
    this.#flight = new Flight(this.#way.roundTrip, options.word, {
      arrived: (packet, wasLost, now) => this.#arrived(packet, wasLost, now),
      lost: (packet, now) => this.#lost(packet, now),
    });
  }

  /** The number of the next packet. */
  get next(): number {
    return this.#flight.next;
  }

  /** Whether more may be written. */
  get hasRoom(): boolean {
    const wanted = BUFFERED_WINDOWS * this.#way.window;
    const most = Math.min(MOST_BUFFERED, Math.max(FEWEST_BUFFERED, wanted));
    return this.stream.buffer.size < Math.min(most, this.#share());
  }

  /** What it keeps: bytes that were written, records of packets, runs of both. */
  get kept(): { readonly written: number; readonly packets: number; readonly runs: number } {
    const { packets, runs } = this.#flight.kept;
    return { written: this.stream.buffer.size, packets, runs: runs + this.stream.runs };
  }

  /** So long without an answer, and something is to be sent that provokes one. */
  get probeDelayUs(): number {
    return this.#way.roundTrip.probeDelayUs;
  }

  /** Whether an answer is due to something. */
  get isWaiting(): boolean {
    // Where all was refused, nothing is on its way, and nothing more can be remembered.
    return !this.#flight.isEmpty || this.stream.isHeldUp || !this.#flight.hasRoom;
  }

  /** When something may leave, or is to be taken for lost. */
  get dueAt(): number {
    return Math.min(this.#departAt, this.#flight.dueAt);
  }

  /** Lets one packet leave, if one may. @returns whether one did: there may be more. */
  depart(now: number, departures: NumberedDepartures): boolean {
    if (this.#departSizeProbe(now, departures)) return true;
    const { stream } = this;
    if (!this.#flight.hasRoom) return false;
    if (this.#probes === 0 && (now < this.#way.freeAt || !this.#isWithinWindow)) return false;
    if (stream.hasBytes) this.#departData(now, departures);
    else if (stream.isEndDue) this.#departEnd(now, departures);
    else if (this.#isPingDue || this.#probes > 0) this.#departPing(now, departures);
    else {
      if (!stream.isHeldUp) this.#way.ranDry(this.#flight.bytes);
      return false;
    }
    return true;
  }

  /** Takes for lost what is overdue. */
  tick(now: number): void {
    if (now >= this.#flight.dueAt) this.#flight.findLost(now);
  }

  /** Something leaves that is answered. */
  ping(): void {
    this.#isPingDue = true;
  }

  /** Nothing was acknowledged for too long: some of it leaves again, and what is not lost shows which. */
  provoke(): void {
    this.#probes = PROBES;
    this.#flight.forOldest(PROBES, (packet) => this.#leaveAgain(packet));
  }

  /** Whatever was known of how much the way carries may be wrong. */
  startOver(now: number): void {
    this.#way.startOver(now);
  }

  /** It is another way from now on. */
  changeWay(now: number): void {
    this.#way.change(now);
  }

  /** Whether it acknowledges what cannot have arrived: nobody who receives could know of a packet that never left. */
  isForged(ack: Acknowledgement): boolean {
    return this.#flight.isForged(ack);
  }

  /** @returns whether it tells of a newer packet than any before it, and of any that was not known to have arrived. */
  acknowledged(ack: Acknowledgement, now: number): { isNewest: boolean; isProgress: boolean } {
    const newest = (ack.ends[0] ?? 0) - 1;
    const isNewest = newest > this.#flight.largest;
    this.stream.allow(ack.credit);
    this.#way.beginAcknowledgement();
    const isProgress = this.#flight.acknowledged(ack, now);
    const rttUs = isNewest ? this.#measure(newest, ack.delayUs, now) : undefined;
    if (isProgress) {
      this.#flight.findLost(now);
      this.#way.endAcknowledgement(rttUs, this.#flight.bytes, now);
      this.#flight.forget(now);
    }
    return { isNewest, isProgress };
  }

  /** It came damaged: it is lost, and nothing else is to be made of it. @returns whether that can be. */
  refused(number: number, now: number): boolean {
    return this.#flight.refused(number, now);
  }

  /** All was acknowledged, and nothing more will leave. */
  release(): void {
    this.#flight.release();
  }

  #departSizeProbe(now: number, departures: NumberedDepartures): boolean {
    // Not before anything was answered: large packets are for those who are there.
    if (this.#flight.largest < 0 || now < this.#way.freeAt || !this.#flight.hasRoom) return false;
    const bytes = this.#way.trySize(now);
    if (bytes === undefined) return false;
    const packet = this.#add('size-probe', bytes, now);
    departures.ping(packet.number, bytes);
    return true;
  }

  #departData(now: number, departures: NumberedDepartures): void {
    const { stream } = this;
    stream.take(this.#way.packetBytes - DATA_OVERHEAD);
    const packet = this.#add('data', stream.length + DATA_OVERHEAD, now);
    packet.place = stream.place;
    packet.length = stream.length;
    if (stream.isAgain) this.#traffic.again += 1;
    this.#traffic.bytesOut += stream.length;
    departures.data(packet.number, stream.place, stream.length, stream.buffer);
  }

  #departEnd(now: number, departures: NumberedDepartures): void {
    const packet = this.#add('fin', SMALL_BYTES, now);
    this.stream.endLeft();
    departures.fin(packet.number, this.stream.buffer.end);
  }

  #departPing(now: number, departures: NumberedDepartures): void {
    const packet = this.#add('ping', SMALL_BYTES, now);
    this.#isPingDue = false;
    departures.ping(packet.number, SMALL_BYTES);
  }

  #add(kind: SentPacket['kind'], bytes: number, now: number): SentPacket {
    const isIdle = this.#flight.isEmpty;
    const packet = this.#flight.add(kind, bytes, now);
    this.#way.left(packet, isIdle, now);
    if (this.#probes > 0) this.#probes -= 1;
    return packet;
  }

  get #isWithinWindow(): boolean {
    return this.#flight.hasRoom && this.#way.takesMore(this.#flight.bytes);
  }

  get #departAt(): number {
    const { hasBytes, isEndDue } = this.stream;
    if (!this.#flight.hasRoom) return Number.POSITIVE_INFINITY;
    if (this.#probes > 0) return 0;
    const hasSomething = hasBytes || isEndDue || this.#isPingDue;
    return hasSomething && this.#isWithinWindow ? this.#way.freeAt : Number.POSITIVE_INFINITY;
  }

  #arrived(packet: SentPacket, wasLost: boolean, now: number): void {
    if (wasLost) this.#traffic.wronglyLost += 1;
    this.#way.arrived(packet, wasLost, now);
    if (packet.kind === 'data') this.stream.acknowledged(packet.place, packet.length);
    if (packet.kind === 'fin') this.stream.endAcknowledged();
  }

  #lost(packet: SentPacket, now: number): void {
    this.#traffic.lost += 1;
    this.#way.lost(packet, now);
    this.#leaveAgain(packet);
  }

  #measure(newest: number, delayUs: number, now: number): number | undefined {
    const sentAt = this.#flight.sentAt(newest);
    if (sentAt === undefined) return undefined;
    this.#way.roundTrip.measure(now - sentAt, delayUs);
    return now - sentAt;
  }

  /** What it carried leaves once more, in another. */
  #leaveAgain({ kind, place, length }: SentPacket): void {
    if (kind === 'data') this.stream.lost(place, length);
    if (kind === 'fin') this.stream.endLost();
  }
}
