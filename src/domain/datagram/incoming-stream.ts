/** The bytes the other end writes: put in order, within the room there is for them. */
import { Reassembly } from './reassembly.js';

/** Bytes that many connections may hold together of what came ahead of its turn. */
export type HoldingBudget = { left: number };

/** What one may hold of the budget, in windows: full packets cost little more than their bytes, small ones much more. */
const MOST_COST = 2;

/** The other end is told of room once there is so much more of it: a part of the window. */
const NEWS = 1 / 4;

export class IncomingStream {
  readonly #reassembly: Reassembly;
  readonly #window: number;
  readonly #budget: HoldingBudget;
  #consumed = 0;
  /** The other end may send bytes below this place. */
  #promised: number;
  #end: number | undefined;

  constructor(window: number, budget: HoldingBudget, deliver: (bytes: Uint8Array) => void) {
    this.#reassembly = new Reassembly(deliver);
    this.#window = window;
    this.#budget = budget;
    this.#promised = window;
  }

  /** What it holds of what came ahead of its turn, in bytes. */
  get cost(): number {
    return this.#reassembly.cost;
  }

  /** What there is room for, promised by being asked. */
  promise(): number {
    this.#promised = Math.max(this.#promised, this.#consumed + this.#window);
    return this.#promised;
  }

  /** Whether the other end has to hear of the room there is. */
  get hasNews(): boolean {
    return this.#consumed + this.#window - this.#promised >= this.#window * NEWS;
  }

  /** Whether all has been handed on. */
  get isEnded(): boolean {
    return this.#end === this.#reassembly.next;
  }

  /** @returns whether it was taken; if not, it is as if it had been lost. */
  take(place: number, bytes: Uint8Array): boolean {
    const end = place + bytes.length;
    if (end > this.#promised || (this.#end !== undefined && end > this.#end)) return false;
    const before = this.#reassembly.cost;
    const most = Math.min(this.#budget.left, this.#window * MOST_COST - before);
    if (this.#reassembly.costOf(place, bytes) > most) return false;
    this.#reassembly.add(place, bytes);
    this.#budget.left -= this.#reassembly.cost - before;
    return true;
  }

  /** @param end how many bytes there are in all. @returns whether that can be. */
  finish(end: number): boolean {
    const isPossible = end >= this.#reassembly.end && end <= this.#promised;
    if (!isPossible || (this.#end ?? end) !== end) return false;
    this.#end = end;
    return true;
  }

  /** Its reader took so many. */
  consumed(bytes: number): void {
    this.#consumed += bytes;
  }

  /** What it holds is needed no more. */
  release(): void {
    this.#budget.left += this.#reassembly.cost;
    this.#reassembly.clear();
  }
}
