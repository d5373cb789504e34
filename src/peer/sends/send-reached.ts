/** Writes down how much each peer has of what is sent, now and then: after a start that is shown until it says more. */
import type { Send, SendBook } from './send-book.js';
import type { SendProgress } from './send-progress.js';

/** As often as anybody says so: a record may carry thousands of names, and more often tells nobody more. */
const NOTED_MS = 2000;

export class SendReached {
  readonly #book: Pick<SendBook, 'change'>;
  readonly #progress: Pick<SendProgress, 'reached'>;
  readonly #now: () => number;
  readonly #notedAt = new WeakMap<Send, number>();

  /** @param now monotonic milliseconds. */
  constructor(
    book: Pick<SendBook, 'change'>,
    progress: Pick<SendProgress, 'reached'>,
    now: () => number = () => performance.now(),
  ) {
    this.#book = book;
    this.#progress = progress;
    this.#now = now;
  }

  /** It moves: seldom enough. */
  moved(send: Send): void {
    const at = this.#notedAt.get(send);
    if (at === undefined || this.#now() - at >= NOTED_MS) this.stopped(send);
  }

  /** It stops. */
  stopped(send: Send): void {
    this.#notedAt.set(send, this.#now());
    const recipients = this.#progress.reached(send.record);
    if (recipients !== undefined) this.#book.change(send, { recipients });
  }
}
