/** How long nothing comes: what waits for others to do something ends by it. */

export class Quiet {
  readonly #patienceMs: number | undefined;
  readonly #onEnd: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param patienceMs without end where it is undefined */
  constructor(patienceMs: number | undefined, onEnd: () => void) {
    this.#patienceMs = patienceMs;
    this.#onEnd = onEnd;
  }

  /** From now on, where it was not quiet before. */
  begin(): void {
    if (this.#patienceMs === undefined) return;
    this.#timer ??= setTimeout(this.#onEnd, this.#patienceMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
