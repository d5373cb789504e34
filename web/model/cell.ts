/** A value that is watched: what Svelte calls a store, without Svelte. */
export type Readable<T> = {
  /** @param run hears the value now, and each one after it. @returns what ends that. */
  subscribe(run: (value: T) => void): () => void;
};

export class Cell<T> implements Readable<T> {
  readonly #watchers = new Set<(value: T) => void>();
  #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const run of this.#watchers) run(value);
  }

  subscribe(run: (value: T) => void): () => void {
    this.#watchers.add(run);
    run(this.#value);
    return () => void this.#watchers.delete(run);
  }
}
