/** Lets so many through at a time, first come first served. */
export class Turnstile {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  enter(): Promise<void> {
    if (this.#inside >= this.#most) return new Promise((enter) => this.#waiting.push(enter));
    this.#inside += 1;
    return Promise.resolve();
  }

  /** Whoever waits for longest takes the place. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside -= 1;
    else next();
  }
}
