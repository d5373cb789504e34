/** One answer for all who ask in one task of the event loop; whoever asks later gets a newer one. */
export class AskedTogether<T> {
  readonly #ask: () => Promise<T>;
  #asked: Promise<T> | undefined;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** For those who ask right now. */
  put(answer: T): void {
    const asked = Promise.resolve(answer);
    this.#asked = asked;
    queueMicrotask(() => this.#drop(asked));
  }

  /** Asked for no sooner than in this task: all that was heard before it is in there. Rejects as `ask` does. */
  get(): Promise<T> {
    if (this.#asked !== undefined) return this.#asked;
    const asked = this.#ask();
    this.#asked = asked;
    setTimeout(() => this.#drop(asked));
    return asked;
  }

  #drop(asked: Promise<T>): void {
    if (this.#asked === asked) this.#asked = undefined;
  }
}
