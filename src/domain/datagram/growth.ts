/** Whether a rate still grows from round to round while more is sent each time, or is all there is. */

/** A rate that did not grow by a quarter in three rounds is all there is. */
const FACTOR = 1.25;
const ROUNDS_WITHOUT = 3;

export class Growth {
  #rate = 0;
  #roundsWithout = 0;

  get isOver(): boolean {
    return this.#roundsWithout >= ROUNDS_WITHOUT;
  }

  /** @param rate the best one so far. */
  endRound(rate: number): void {
    if (rate >= this.#rate * FACTOR) {
      this.#rate = rate;
      this.#roundsWithout = 0;
    } else this.#roundsWithout += 1;
  }

  startOver(): void {
    this.#rate = 0;
    this.#roundsWithout = 0;
  }
}
