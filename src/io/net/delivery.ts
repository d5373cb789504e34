/** The messages of a session on their way to its reader, who may come late: nothing is missed, nor the end. */
import { P2pError } from '#src/domain/errors.js';
import type { Message } from '#src/wire/message.js';

/** Messages that may arrive before their reader is there: what one read can hold, no more. */
const MOST_WAITING = 4096;

export type Received = { readonly message: Message; readonly request: number };

export type Reader = {
  readonly next: (received: Received) => void;
  readonly complete: () => void;
  readonly error: (why: P2pError) => void;
};

export class Delivery {
  readonly #waiting: Received[] = [];
  #reader: Reader | undefined;
  #ended: { readonly error?: P2pError } | undefined;

  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** The one message that comes next, of which the reader after this one hears nothing. */
  first(): Promise<Received> {
    return new Promise((resolve, reject) => {
      this.to({
        next: (received) => {
          this.#reader = undefined;
          resolve(received);
        },
        complete: () => reject(new P2pError('refused', 'it said goodbye at once')),
        error: reject,
      });
    });
  }

  /** From now on all goes to this reader, what has waited first. */
  to(reader: Reader): void {
    this.#reader = reader;
    while (this.#reader === reader) {
      const received = this.#waiting.shift();
      if (received === undefined) break;
      reader.next(received);
    }
    if (this.#ended !== undefined) this.#tellEnd(this.#ended.error);
  }

  /** @returns whether there is a reader to take it; else it waits. @throws P2pError `limit` */
  hand(received: Received): boolean {
    if (this.#reader !== undefined) {
      this.#reader.next(received);
      return true;
    }
    this.#waiting.push(received);
    if (this.#waiting.length <= MOST_WAITING) return false;
    throw new P2pError('limit', 'it talks without listening');
  }

  /** Nothing follows; told to the reader, or to the next if there is none. */
  end(error?: P2pError): void {
    this.#ended = error === undefined ? {} : { error };
    this.#tellEnd(error);
  }

  #tellEnd(error: P2pError | undefined): void {
    if (error === undefined) this.#reader?.complete();
    else this.#reader?.error(error);
  }
}
