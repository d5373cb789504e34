/** The packets on their way: each is followed until it has arrived or is lost. Time in microseconds. */

import { RangeSet } from '#src/domain/range-set.js';
import { LossDetection } from './loss.js';
import type { Acknowledgement } from './packet.js';
import type { RoundTrip } from './round-trip.js';
import { type SentPacket, SentPackets } from './sent-packets.js';
import { SkippedNumbers } from './skipped-numbers.js';

/** What was lost may arrive after all so many round trips later. */
const REMEMBERED_ROUND_TRIPS = 3;

/** Who is told what became of a packet. */
export type Fates = {
  /** @param wasLost whether it was told before that it is lost. */
  arrived(packet: SentPacket, wasLost: boolean, now: number): void;
  lost(packet: SentPacket, now: number): void;
};

export class Flight {
  readonly #fates: Fates;
  readonly #roundTrip: RoundTrip;
  readonly #sent = new SentPackets();
  readonly #skipped: SkippedNumbers;
  readonly #acknowledged = new RangeSet();
  readonly #loss: LossDetection;

  /** @param word a number below 2^48 that nobody can guess. */
  constructor(roundTrip: RoundTrip, word: () => number, fates: Fates) {
    this.#fates = fates;
    this.#roundTrip = roundTrip;
    this.#skipped = new SkippedNumbers(word);
    this.#loss = new LossDetection(this.#sent, roundTrip);
  }

  /** The number of the next packet. */
  get next(): number {
    return this.#sent.next;
  }

  /** The newest that was acknowledged; -1 before any was. */
  get largest(): number {
    return this.#loss.largest;
  }

  get isEmpty(): boolean {
    return this.#sent.inFlight === 0;
  }

  /** Of those on their way. */
  get bytes(): number {
    return this.#sent.bytesInFlight;
  }

  /** Whether one more can be followed. */
  get hasRoom(): boolean {
    return this.#sent.hasRoom;
  }

  /** What it keeps: records of packets, and runs of them. */
  get kept(): { readonly packets: number; readonly runs: number } {
    return { packets: this.#sent.next - this.#sent.first, runs: this.#acknowledged.runs };
  }

  /** When the next packet is to be taken for lost. */
  get dueAt(): number {
    return this.#loss.dueAt;
  }

  /** One more leaves. @returns its record, the rest of which the caller fills in. */
  add(kind: SentPacket['kind'], bytes: number, now: number): SentPacket {
    if (this.#skipped.skips(this.#sent.next)) this.#sent.skip(now);
    return this.#sent.add(kind, bytes, now);
  }

  /** @returns when that packet left, if that is remembered. */
  sentAt(number: number): number | undefined {
    return this.#sent.get(number)?.sentAt;
  }

  /** Calls with the oldest of those on their way, so many at most. */
  forOldest(most: number, call: (packet: SentPacket) => void): void {
    let left = most;
    for (let number = this.#sent.first; number < this.#sent.next && left > 0; number += 1) {
      const packet = this.#sent.get(number);
      if (packet?.fate !== 'in-flight') continue;
      call(packet);
      left -= 1;
    }
  }

  /** Whether it acknowledges what cannot have arrived: nobody who receives could know of a packet that never left. */
  isForged(ack: Acknowledgement): boolean {
    return this.#skipped.areIn(ack);
  }

  /** Tells of each that arrived by it. @returns whether any was not known to have arrived. */
  acknowledged(ack: Acknowledgement, now: number): boolean {
    let isProgress = false;
    for (let run = 0; run < ack.runs; run += 1) {
      // What is below was settled and forgotten: nothing is kept of it again.
      const start = Math.max(ack.starts[run] ?? 0, this.#sent.first);
      const end = ack.ends[run] ?? 0;
      this.#acknowledged.forEachMissing(start, end, (from, to) => {
        for (let number = from; number < to; number += 1) {
          isProgress = this.#arrived(number, now) || isProgress;
        }
      });
      this.#acknowledged.add(start, end);
    }
    this.#loss.acknowledged((ack.ends[0] ?? 0) - 1);
    return isProgress;
  }

  /** It came damaged: it is lost, and nothing else is to be made of it. @returns whether that can be. */
  refused(number: number, now: number): boolean {
    const packet = this.#sent.get(number);
    if (packet?.fate !== 'in-flight') return false;
    this.#lose(packet, now);
    return true;
  }

  /** Tells of each that is lost by now. */
  findLost(now: number): void {
    this.#loss.find(now, (packet) => this.#lose(packet, now));
  }

  /** Forgets those that need not be followed any more. */
  forget(now: number): void {
    this.#sent.forget(now - REMEMBERED_ROUND_TRIPS * this.#roundTrip.smoothedUs);
    this.#acknowledged.removeBelow(this.#sent.first);
  }

  /** Forgets all of them. */
  release(): void {
    this.#sent.release();
  }

  /** @returns whether that is news. */
  #arrived(number: number, now: number): boolean {
    const packet = this.#sent.get(number);
    if (packet === undefined || packet.fate === 'settled') return false;
    const wasLost = packet.fate === 'lost';
    if (wasLost) this.#loss.wasWrong(number);
    this.#sent.decide(packet, 'settled');
    this.#fates.arrived(packet, wasLost, now);
    return true;
  }

  #lose(packet: SentPacket, now: number): void {
    this.#sent.decide(packet, 'lost');
    this.#fates.lost(packet, now);
  }
}
