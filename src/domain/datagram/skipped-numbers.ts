/**
 * Numbers that no packet has. Whoever acknowledges one acknowledges what he has not seen, to be sent more than the way to
 * him carries (RFC 9000, section 21.4).
 */
import type { Acknowledgement } from './packet.js';

/** Seldom enough to cost nothing; who acknowledges ahead of what he got meets one within as many packets. */
const MOST_APART = 4096;

/** More than are on their way at once. */
const REMEMBERED = 16;

export class SkippedNumbers {
  readonly #word: () => number;
  readonly #skipped: number[] = [];
  #due: number;

  /** @param word nobody can guess it. */
  constructor(word: () => number) {
    this.#word = word;
    this.#due = this.#next(0);
  }

  /** @returns whether no packet is to have this number, the next one. */
  skips(number: number): boolean {
    if (number < this.#due) return false;
    this.#skipped.push(number);
    if (this.#skipped.length > REMEMBERED) this.#skipped.shift();
    this.#due = this.#next(number);
    return true;
  }

  /** @returns whether it says that one of them arrived. */
  areIn(ack: Acknowledgement): boolean {
    return this.#skipped.some((number) => {
      for (let run = 0; run < ack.runs; run += 1) {
        if ((ack.starts[run] ?? 0) <= number && number < (ack.ends[run] ?? 0)) return true;
      }
      return false;
    });
  }

  #next(number: number): number {
    return number + 1 + (this.#word() % MOST_APART);
  }
}
