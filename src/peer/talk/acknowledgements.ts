/** Who waits for which private message to be acknowledged, and for how long. */
import { P2pError } from '#src/domain/errors.js';

/** A slow disk, and a mesh that starts anew on either side, take some seconds. */
const ACKNOWLEDGED_MS = 15_000;

type Waiting = { readonly ref: string | undefined; readonly settle: (error?: P2pError) => void };

export class Acknowledgements {
  readonly #waiting = new Map<string, Waiting>();

  /** @returns undefined once the other has it, or why it has not. */
  wait(id: string, ref: string | undefined): Promise<P2pError | undefined> {
    return new Promise((resolve) => {
      const settle = (error?: P2pError) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(error);
      };
      const late = new P2pError('timed-out', 'it did not answer in time, and may have it or not');
      const timer = setTimeout(() => settle(late), ACKNOWLEDGED_MS);
      this.#waiting.set(id, { ref, settle });
    });
  }

  isAwaited(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** What its answer carries. */
  refOf(id: string): string | undefined {
    return this.#waiting.get(id)?.ref;
  }

  /** @param error why the other has it not. */
  settle(id: string, error?: P2pError): void {
    this.#waiting.get(id)?.settle(error);
  }

  close(): void {
    const error = new P2pError('closed', 'the peer has ended before it was acknowledged');
    for (const { settle } of this.#waiting.values()) settle(error);
  }
}
