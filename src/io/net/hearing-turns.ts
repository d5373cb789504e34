/**
 * How much of what all sessions of a thread send is heard in one turn of its event loop. What is beyond that waits for
 * the next turn, first come first served: else a hundred who all send at once make one turn of a quarter of a second.
 */

/** One costs 10 to 20 us: so timers, files and newcomers wait for 5 ms, and for what one more read holds. */
const MESSAGES_IN_TURN = 250;

/** Of long messages so much costs what a short one does: a page of 200 catalogue rows takes 2 ms. */
const BYTES_PER_MESSAGE = 256;

export class HearingTurns {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #heard = 0;
  #isEnding = false;

  /** @param most messages in one turn. */
  constructor(most = MESSAGES_IN_TURN) {
    this.#most = most;
  }

  /** Whether whoever comes now has to wait for a later turn. */
  get isOver(): boolean {
    return this.#heard >= this.#most || this.#waiting.length > 0;
  }

  /** So many messages were heard in this turn, in so many bytes. Bytes of chunks alone are not counted: they cost little. */
  heard(messages: number, bytes: number): void {
    if (messages === 0) return;
    this.#heard += messages + bytes / BYTES_PER_MESSAGE;
    this.#end();
  }

  /** @param hear called once, in the first turn that has room for it. */
  wait(hear: () => void): void {
    this.#waiting.push(hear);
    this.#end();
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    setImmediate(() => this.#next());
  }

  #next(): void {
    this.#isEnding = false;
    this.#heard = 0;
    while (this.#heard < this.#most) {
      const hear = this.#waiting.shift();
      if (hear === undefined) return;
      hear();
    }
    this.#end();
  }
}

/** One for all sessions of a thread: they share its turns. */
export const THREAD_TURNS = new HearingTurns();
