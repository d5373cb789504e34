/**
 * The share that is lost whatever is sent, as on a radio link: what is lost while the queue on the way drains is lost
 * anyway.
 */

/** Beyond half, sending more is no answer. */
const MOST = 0.5;

/** Older counts weigh less by so much a cycle: after some 500 packets an estimate is within 2 %. */
const MEMORY = 0.9;

/** One loss among fewer says nothing. */
const FEWEST_COUNTED = 50;

export class RandomLoss {
  #counted = 0;
  #lost = 0;

  get share(): number {
    return this.#counted < FEWEST_COUNTED ? 0 : Math.min(MOST, this.#lost / this.#counted);
  }

  /** The fate of a packet that left while the queue drained. */
  count(isLost: boolean): void {
    this.#counted += 1;
    if (isLost) this.#lost += 1;
  }

  /** The queue begins to drain once more. */
  fade(): void {
    this.#counted *= MEMORY;
    this.#lost *= MEMORY;
  }
}
