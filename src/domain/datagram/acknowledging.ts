/** What arrived, and when to say so (RFC 9002, section 6.2.1; RFC 9000, section 13.2). Time in microseconds. */
import { RangeSet } from '#src/domain/range-set.js';

/** Older gaps are forgotten: what left before them was given up by its sender long ago. */
const MOST_RUNS = 256;

/** Nor does he remember packets older than so many (`sent-packets.ts`): gaps among them need not be told any more. */
const MOST_BEHIND = 16_384;

/** At a high rate one acknowledgement for so many packets: it costs as much as a packet. */
const EVERY = 16;

/** At a low rate one packet waits so long for company: the least a timer can tell. */
const DELAY_US = 1000;

/** As many as fit into one answer; what is left out is lost, and its sender finds out. */
const MOST_DAMAGED = 64;

/**
 * So far ahead of the newest that arrived a number may be: four times what is on its way at most (`sent-packets.ts`). Who
 * jumps further would have what is honest taken for old.
 */
const MOST_AHEAD = 65_536;

export class Acknowledging {
  readonly #received = new RangeSet();
  /** Of the newest packet. */
  #largestAt = 0;
  #waiting = 0;
  #isDue = false;
  #firstWaitsSince = 0;
  /** All below are settled, whether they arrived or not. */
  #floor = 0;
  readonly #damaged: number[] = [];

  /** Numbers that arrived. */
  get received(): RangeSet {
    return this.#received;
  }

  /** The newest that arrived; -1 if none did. */
  get largest(): number {
    return this.#received.runs === 0 ? -1 : this.#received.endOf(this.#received.runs - 1) - 1;
  }

  /** Whether a packet of that number can have left: nobody has more on the way than he remembers. */
  isPossible(number: number): boolean {
    return number <= this.largest + MOST_AHEAD;
  }

  /** @returns whether it is the first time this packet arrives. */
  arrived(number: number, now: number): boolean {
    if (this.#waiting === 0) this.#firstWaitsSince = now;
    this.#waiting += 1;
    const isNewest = number > this.largest;
    // A gap is told at once: the sooner it is filled.
    if (number !== this.largest + 1) this.#isDue = true;
    if (number < this.#floor || this.#received.add(number, number + 1) === 0) return false;
    if (isNewest) this.#largestAt = now;
    const isOld = this.#received.runs > 1 && this.#received.endOf(0) < number - MOST_BEHIND;
    if (isOld || this.#received.runs > MOST_RUNS) {
      this.#floor = this.#received.startOf(1);
      this.#received.removeBelow(this.#floor);
    }
    return true;
  }

  /** A packet arrived damaged. */
  isDamaged(number: number): void {
    if (this.#damaged.length < MOST_DAMAGED && !this.#received.has(number)) {
      this.#damaged.push(number);
    }
  }

  /** The next acknowledgement is not to wait: it has more to say. */
  hurry(): void {
    this.#isDue = true;
  }

  /** When the next acknowledgement has to leave. */
  get dueAt(): number {
    if (this.#received.runs === 0) return Number.POSITIVE_INFINITY;
    if (this.#isDue || this.#waiting >= EVERY) return 0;
    return this.#waiting === 0 ? Number.POSITIVE_INFINITY : this.#firstWaitsSince + DELAY_US;
  }

  /** It leaves now. @returns for how long the newest packet waited for it. */
  acknowledge(now: number): number {
    this.#isDue = false;
    this.#waiting = 0;
    return Math.max(0, now - this.#largestAt);
  }

  /** @returns the damaged packets that were not told yet. */
  takeDamaged(): readonly number[] {
    return this.#damaged.splice(0);
  }

  get hasDamaged(): boolean {
    return this.#damaged.length > 0;
  }
}
