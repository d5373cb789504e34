/** Counts the downloads that somebody waits for, and those of them that failed. */
import { Subject } from 'rxjs';

export class Awaited {
  readonly #settled = new Subject<void>();
  #waiting = 0;
  #failed = 0;

  /** @param onEnd called as soon as `done` is settled. @returns what settles as `done` does, and is counted then. */
  count<T>(done: Promise<T>, onEnd: () => void): Promise<T> {
    this.#waiting += 1;
    const settle = (isFailed: boolean) => {
      this.#waiting -= 1;
      if (isFailed) this.#failed += 1;
      onEnd();
      this.#settled.next();
    };
    return done.then(
      (result) => {
        settle(false);
        return result;
      },
      (error: unknown) => {
        settle(true);
        throw error;
      },
    );
  }

  /** Resolves when nobody waits any more. */
  async idle(): Promise<{ readonly failed: number }> {
    while (this.#waiting > 0) {
      await new Promise<void>((resolve) => {
        const once = this.#settled.subscribe(() => {
          once.unsubscribe();
          resolve();
        });
      });
    }
    return { failed: this.#failed };
  }
}
