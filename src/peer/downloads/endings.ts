/** What still runs of downloads that nobody wants any more, and writes where the next of the same content would. */
import type { ContentId } from '#src/domain/ids.js';

export class Endings {
  readonly #running = new Map<ContentId, Promise<void>>();

  /** Resolves once nothing of it runs, well or not. */
  of(id: ContentId): Promise<void> {
    return this.#running.get(id) ?? Promise.resolve();
  }

  /** @returns the same; whoever began it hears why it failed. */
  hold(id: ContentId, work: Promise<void>): Promise<void> {
    const ended: Promise<void> = work
      .catch(() => undefined)
      .then(() => {
        if (this.#running.get(id) === ended) this.#running.delete(id);
      });
    this.#running.set(id, ended);
    return work;
  }
}
