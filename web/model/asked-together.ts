/** One answer for all who ask in one go; whoever asks later gets a newer one. */
export class AskedTogether<T> {
  readonly #ask: () => Promise<T>;
  #asked: Promise<T> | undefined;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  /** For those who ask in this go. */
  put(answer: T): void {
    void this.#hold(Promise.resolve(answer));
  }

  /** Asked for no sooner than this. Rejects as `ask` does. */
  get(): Promise<T> {
    return this.#asked ?? this.#hold(this.#ask());
  }

  #hold(asked: Promise<T>): Promise<T> {
    this.#asked = asked;
    queueMicrotask(() => {
      this.#asked = undefined;
    });
    return asked;
  }
}
