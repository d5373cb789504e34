/** What one end receives: the other's bytes, put in order, and what is to be said of the packets they came in. */
import { Acknowledging } from './acknowledging.js';
import type { Departures } from './departures.js';
import { type HoldingBudget, IncomingStream } from './incoming-stream.js';
import type { Traffic } from './traffic.js';

export type ReceivingOptions = {
  /** Bytes that may come before its reader takes any. */
  readonly window: number;
  readonly budget: HoldingBudget;
};

export class Receiving {
  readonly #traffic: Traffic;
  readonly #stream: IncomingStream;
  readonly #acknowledging = new Acknowledging();

  constructor(
    { window, budget }: ReceivingOptions,
    traffic: Traffic,
    deliver: (bytes: Uint8Array) => void,
  ) {
    this.#traffic = traffic;
    this.#stream = new IncomingStream(window, budget, deliver);
  }

  /** What it keeps: bytes that came before their turn, runs of packets. */
  get kept(): { readonly ahead: number; readonly runs: number } {
    return { ahead: this.#stream.cost, runs: this.#acknowledging.received.runs };
  }

  /** Whether all has been handed on. */
  get isEnded(): boolean {
    return this.#stream.isEnded;
  }

  /** Whether no later packet has arrived. */
  isNewest(number: number): boolean {
    return number > this.#acknowledging.largest;
  }

  /** So many of the delivered bytes were read: there is room for as many. */
  consumed(bytes: number): void {
    this.#stream.consumed(bytes);
    if (this.#stream.hasNews) this.#acknowledging.hurry();
  }

  // What is taken of a packet, whether it came before or not. What is not taken has not arrived: it comes again.

  /** @returns whether it was taken. */
  data(number: number, place: number, bytes: Uint8Array): boolean {
    const isTaken = this.#acknowledging.isPossible(number) && this.#stream.take(place, bytes);
    if (isTaken) this.#traffic.bytesIn += bytes.length;
    return isTaken;
  }

  /** @returns whether it was taken. */
  fin(number: number, end: number): boolean {
    const isTaken = this.#acknowledging.isPossible(number) && this.#stream.finish(end);
    if (isTaken) this.#acknowledging.hurry();
    return isTaken;
  }

  /** @returns whether it was taken. */
  ping(number: number): boolean {
    const isTaken = this.#acknowledging.isPossible(number);
    if (isTaken) this.#acknowledging.hurry();
    return isTaken;
  }

  /** It was taken. */
  arrived(number: number, now: number): void {
    if (!this.#acknowledging.arrived(number, now)) this.#traffic.duplicates += 1;
  }

  /** A packet with a sound header arrived, and its data are not what left. */
  damaged(number: number): void {
    if (this.#acknowledging.isPossible(number)) this.#acknowledging.isDamaged(number);
  }

  /** When something is to be said of it. */
  get dueAt(): number {
    return this.#acknowledging.hasDamaged ? 0 : this.#acknowledging.dueAt;
  }

  /** Lets one packet leave, if one is due. @returns whether one did: there may be more. */
  depart(now: number, departures: Departures): boolean {
    if (this.#acknowledging.hasDamaged) {
      this.#traffic.refusalsOut += 1;
      departures.damaged(this.#acknowledging.takeDamaged());
      return true;
    }
    if (now < this.#acknowledging.dueAt) return false;
    const delayUs = this.#acknowledging.acknowledge(now);
    departures.acknowledgement(this.#acknowledging.received, delayUs, this.#stream.promise());
    return true;
  }

  /** What it holds is needed no more. */
  release(): void {
    this.#stream.release();
  }
}
