/**
 * What one end sends: its stream in numbered packets, as fast as the way carries it, each followed until it arrived or is
 * lost. Time in microseconds.
 */

import { RangeSet } from '#src/domain/range-set.js';
import { Congestion } from './congestion.js';
import { DeliveryRate } from './delivery-rate.js';
import type { NumberedDepartures } from './departures.js';
import { LossDetection } from './loss.js';
import { OutgoingStream } from './outgoing-stream.js';
import { Pacer } from './pacer.js';
import { type Acknowledgement, DATA_OVERHEAD, SMALL_BYTES } from './packet.js';
import { BASE_BYTES, PacketSize } from './packet-size.js';
import { RoundTrip } from './round-trip.js';
import { type SentPacket, SentPackets } from './sent-packets.js';
import { SkippedNumbers } from './skipped-numbers.js';
import type { Traffic } from './traffic.js';

/** RFC 9002, section 6.2.4: one of two gets through where one alone would be lost. */
const PROBES = 2;

/** Whoever says that its socket holds less is sent so much nevertheless: what a way carries to begin with. */
const FEWEST_SOCKET_BYTES = 10 * BASE_BYTES;

/** What was lost may arrive after all so many round trips later. */
const REMEMBERED_ROUND_TRIPS = 3;

/**
 * Written and not acknowledged: where one in five is lost, one in thousands is lost five times over before it arrives, and
 * all behind it waits. So eight times what is on its way, within these.
 */
const BUFFERED_WINDOWS = 8;
const FEWEST_BUFFERED = 1024 * 1024;
const MOST_BUFFERED = 8 * 1024 * 1024;

export type SendingOptions = {
  /** Datagrams of so many bytes are the largest that both interfaces carry. */
  readonly datagramLimit: number;
  /** Bytes that may leave before the other end says that it takes more. */
  readonly credit: number;
  /** Bytes that the other end's socket holds before anybody reads them. */
  readonly socketBytes: number;
  readonly rttUs: number;
  /** @returns a number below 2^48 that nobody can guess. */
  readonly word: () => number;
  /** @returns how much of what was written it may keep at most, where others want memory too. */
  readonly share: () => number;
  readonly now: number;
};

export class Sending {
  readonly stream: OutgoingStream;
  readonly #traffic: Traffic;
  readonly #socketBytes: number;
  readonly #share: () => number;
  readonly #sent = new SentPackets();
  readonly #skipped: SkippedNumbers;
  readonly #acknowledged = new RangeSet();
  readonly #roundTrip = new RoundTrip();
  readonly #loss: LossDetection;
  readonly #rate = new DeliveryRate();
  readonly #size: PacketSize;
  readonly #pacer = new Pacer();
  #congestion: Congestion;
  /** Packets that leave whatever the window says, to find out what arrives. */
  #probes = 0;
  #isPingDue = false;

  constructor(
    { datagramLimit, credit, socketBytes, rttUs, word, share, now }: SendingOptions,
    traffic: Traffic,
  ) {
    this.#traffic = traffic;
    this.#share = share;
    this.#skipped = new SkippedNumbers(word);
    this.#socketBytes = Math.max(FEWEST_SOCKET_BYTES, socketBytes);
    this.stream = new OutgoingStream(credit);
    this.#loss = new LossDetection(this.#sent, this.#roundTrip);
    this.#size = new PacketSize(datagramLimit);
    this.#congestion = new Congestion(this.#size.bytes, rttUs, now);
    this.#roundTrip.measure(rttUs, 0);
  }

  /** The number of the next packet. */
  get next(): number {
    return this.#sent.next;
  }

  /** Whether more may be written. */
  get hasRoom(): boolean {
    const wanted = BUFFERED_WINDOWS * this.#congestion.window;
    const most = Math.min(MOST_BUFFERED, Math.max(FEWEST_BUFFERED, wanted));
    return this.stream.buffer.size < Math.min(most, this.#share());
  }

  /** What it keeps: bytes that were written, records of packets, runs of both. */
  get kept(): { readonly written: number; readonly packets: number; readonly runs: number } {
    const { first, next } = this.#sent;
    const runs = this.#acknowledged.runs + this.stream.runs;
    return { written: this.stream.buffer.size, packets: next - first, runs };
  }

  /** So long without an answer, and something is to be sent that provokes one. */
  get probeDelayUs(): number {
    return this.#roundTrip.probeDelayUs;
  }

  /** Whether an answer is due to something. */
  get isWaiting(): boolean {
    // Where all was refused, nothing is on its way, and nothing more can be remembered.
    return this.#sent.inFlight > 0 || this.stream.isHeldUp || !this.#sent.hasRoom;
  }

  /** When something may leave, or is to be taken for lost. */
  get dueAt(): number {
    return Math.min(this.#departAt, this.#loss.dueAt);
  }

  /** Lets one packet leave, if one may. @returns whether one did: there may be more. */
  depart(now: number, departures: NumberedDepartures): boolean {
    if (this.#departSizeProbe(now, departures)) return true;
    const { stream } = this;
    if (!this.#sent.hasRoom) return false;
    if (this.#probes === 0 && (now < this.#pacer.at || !this.#isWithinWindow)) return false;
    if (stream.hasBytes) this.#departData(now, departures);
    else if (stream.isEndDue) this.#departEnd(now, departures);
    else if (this.#isPingDue || this.#probes > 0) this.#departPing(now, departures);
    else {
      if (!stream.isHeldUp) this.#rate.ranDry(this.#sent.bytesInFlight);
      return false;
    }
    return true;
  }

  /** Takes for lost what is overdue. */
  tick(now: number): void {
    if (now >= this.#loss.dueAt) this.#findLost(now);
  }

  /** Something leaves that is answered. */
  ping(): void {
    this.#isPingDue = true;
  }

  /** Nothing was acknowledged for too long: some of it leaves again, and what is not lost shows which. */
  provoke(): void {
    this.#probes = PROBES;
    let again = 0;
    for (let number = this.#sent.first; number < this.#sent.next && again < PROBES; number += 1) {
      const packet = this.#sent.get(number);
      if (packet?.fate !== 'in-flight') continue;
      this.#leaveAgain(packet);
      again += 1;
    }
  }

  /** Whatever was known of how much the way carries may be wrong. */
  startOver(now: number): void {
    if (this.#size.fall(now)) this.#congestion.resize(this.#size.bytes);
    this.#congestion.restart();
  }

  /** It is another way from now on: what was learnt of the old one does not hold. */
  changeWay(now: number): void {
    this.#size.fall(now);
    this.#congestion = new Congestion(this.#size.bytes, this.#roundTrip.smoothedUs, now);
  }

  /** Whether it acknowledges what cannot have arrived: nobody who receives could know of a packet that never left. */
  isForged(ack: Acknowledgement): boolean {
    return this.#skipped.areIn(ack);
  }

  /** @returns whether it tells of a newer packet than any before it, and of any that was not known to have arrived. */
  acknowledged(ack: Acknowledgement, now: number): { isNewest: boolean; isProgress: boolean } {
    const newest = (ack.ends[0] ?? 0) - 1;
    const isNewest = newest > this.#loss.largest;
    this.stream.allow(ack.credit);
    this.#rate.reset();
    let isProgress = false;
    for (let run = 0; run < ack.runs; run += 1) {
      // What is below was settled and forgotten: nothing is kept of it again.
      const start = Math.max(ack.starts[run] ?? 0, this.#sent.first);
      const end = ack.ends[run] ?? 0;
      this.#acknowledged.forEachMissing(start, end, (from, to) => {
        for (let number = from; number < to; number += 1) {
          isProgress = this.#takeAcknowledged(number, now) || isProgress;
        }
      });
      this.#acknowledged.add(start, end);
    }
    const rttUs = isNewest ? this.#measure(newest, ack.delayUs, now) : undefined;
    this.#loss.acknowledged(newest);
    if (isProgress) this.#progress(rttUs, now);
    return { isNewest, isProgress };
  }

  /** These came damaged: they are lost, and nothing else is to be made of it. @returns whether that can be. */
  refused(number: number, now: number): boolean {
    const packet = this.#sent.get(number);
    if (packet?.fate !== 'in-flight') return false;
    this.#lose(packet, now);
    return true;
  }

  /** All was acknowledged, and nothing more will leave. */
  release(): void {
    this.#sent.release();
  }

  #departSizeProbe(now: number, departures: NumberedDepartures): boolean {
    // Not before anything was answered: large packets are for those who are there.
    if (this.#loss.largest < 0 || now < this.#pacer.at || !this.#sent.hasRoom) return false;
    const bytes = this.#size.toTry(now);
    if (bytes === undefined) return false;
    this.#size.tried();
    const packet = this.#add('size-probe', bytes, now);
    departures.ping(packet.number, bytes);
    return true;
  }

  #departData(now: number, departures: NumberedDepartures): void {
    const { stream } = this;
    stream.take(this.#size.bytes - DATA_OVERHEAD);
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
    if (this.#skipped.skips(this.#sent.next)) this.#sent.skip(now);
    const isIdle = this.#sent.inFlight === 0;
    const packet = this.#sent.add(kind, bytes, now);
    this.#rate.left(packet, isIdle);
    packet.isDraining = this.#congestion.isDraining;
    this.#pacer.left(bytes, this.#congestion.rate, now);
    if (this.#probes > 0) this.#probes -= 1;
    return packet;
  }

  get #isWithinWindow(): boolean {
    const { window, carried } = this.#congestion;
    const most = Math.min(window, carried + this.#socketBytes);
    return this.#sent.bytesInFlight + this.#size.bytes <= most && this.#sent.hasRoom;
  }

  get #departAt(): number {
    const { hasBytes, isEndDue } = this.stream;
    if (!this.#sent.hasRoom) return Number.POSITIVE_INFINITY;
    if (this.#probes > 0) return 0;
    const hasSomething = hasBytes || isEndDue || this.#isPingDue;
    return hasSomething && this.#isWithinWindow ? this.#pacer.at : Number.POSITIVE_INFINITY;
  }

  /** @returns whether that is news. */
  #takeAcknowledged(number: number, now: number): boolean {
    const packet = this.#sent.get(number);
    if (packet === undefined || packet.fate === 'settled') return false;
    if (packet.fate === 'lost') {
      this.#loss.wasWrong(number);
      this.#traffic.wronglyLost += 1;
    } else if (packet.isDraining) this.#congestion.drained(false);
    this.#sent.decide(packet, 'settled');
    this.#rate.acknowledged(packet, now);
    if (packet.kind === 'data') this.stream.acknowledged(packet.place, packet.length);
    if (packet.kind === 'fin') this.stream.endAcknowledged();
    const isProbe = packet.kind === 'size-probe';
    if (this.#size.arrived(packet.bytes, isProbe, now)) this.#congestion.resize(packet.bytes);
    return true;
  }

  #measure(newest: number, delayUs: number, now: number): number | undefined {
    const packet = this.#sent.get(newest);
    if (packet === undefined) return undefined;
    const us = now - packet.sentAt;
    this.#roundTrip.measure(us, delayUs);
    return us;
  }

  #progress(rttUs: number | undefined, now: number): void {
    this.#findLost(now);
    const sample = this.#rate.conclude(this.#congestion.leastRttUs);
    const inFlight = this.#sent.bytesInFlight;
    const { delivered } = this.#rate;
    this.#congestion.acknowledged({ sample, rttUs, inFlight, delivered }, now);
    this.#sent.forget(now - REMEMBERED_ROUND_TRIPS * this.#roundTrip.smoothedUs);
    this.#acknowledged.removeBelow(this.#sent.first);
  }

  #findLost(now: number): void {
    this.#loss.find(now, (packet) => this.#lose(packet, now));
  }

  #lose(packet: SentPacket, now: number): void {
    this.#sent.decide(packet, 'lost');
    this.#traffic.lost += 1;
    if (packet.isDraining) this.#congestion.drained(true);
    this.#leaveAgain(packet);
    if (this.#size.lost(packet.bytes, packet.kind === 'size-probe', now)) {
      this.#congestion.resize(this.#size.bytes);
    }
  }

  /** What it carried leaves once more, in another. */
  #leaveAgain({ kind, place, length }: SentPacket): void {
    if (kind === 'data') this.stream.lost(place, length);
    if (kind === 'fin') this.stream.endLost();
  }
}
