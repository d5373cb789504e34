/** Work that the end of the peer waits for. */
export class PendingWork {
  readonly #running = new Set<Promise<void>>();

  /** @returns the same; whoever asked for it hears why it failed. */
  add<T>(work: Promise<T>): Promise<T> {
    const ended: Promise<void> = work.then(
      () => void this.#running.delete(ended),
      () => void this.#running.delete(ended),
    );
    this.#running.add(ended);
    return work;
  }

  /** Resolves once all that runs now has ended, well or not. */
  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }
}
