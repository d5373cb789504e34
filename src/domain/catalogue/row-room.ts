/** Room for the rows of all catalogues together: each peer's share is bounded, but not how many peers there are. */
import { LIMITS } from '#src/domain/limits.js';

export class RowRoom {
  readonly #most: number;
  #taken = 0;
  #isTold = false;

  constructor(most: number = LIMITS.catalogueRowsOfAll) {
    this.#most = most;
  }

  get most(): number {
    return this.#most;
  }

  /** @returns whether there was room for one more. */
  take(): boolean {
    if (this.#taken >= this.#most) return false;
    this.#taken += 1;
    return true;
  }

  free(rows: number): void {
    this.#taken = Math.max(0, this.#taken - rows);
  }

  /** True the first time only: what is full stays worth one line. */
  tellOnce(): boolean {
    const isFirst = !this.#isTold;
    this.#isTold = true;
    return isFirst;
  }
}
