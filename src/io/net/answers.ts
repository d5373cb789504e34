/**
 * The answers of a session as promises, for whoever asks one thing after the other. The adapter between the
 * stream of what arrives and code that waits for it.
 */
import type { Subscription } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import type { Message } from '#src/wire/message.js';
import type { Received } from './delivery.js';
import type { Session } from './session.js';

/** Answers that nobody waits for: more than a few are a flood. */
const MOST_UNREAD = 64;

type Waiting = {
  readonly request: number;
  readonly resolve: (message: Message) => void;
  readonly reject: (error: unknown) => void;
};

export class Answers {
  readonly #session: Session;
  readonly #subscription: Subscription;
  readonly #unread: Received[] = [];
  #waiting: Waiting | undefined;
  #ended: { readonly error: unknown } | undefined;
  readonly #over: Promise<never>;
  #tellOver: (error: unknown) => void = () => {};

  /** @param session whose messages nobody else reads. */
  constructor(session: Session) {
    this.#session = session;
    this.#over = new Promise((_, reject) => {
      this.#tellOver = reject;
    });
    // Most end without anybody waiting for just that.
    this.#over.catch(() => undefined);
    this.#subscription = session.received.subscribe({
      next: (received) => this.#hear(received),
      error: (error: unknown) => this.#end(error),
      complete: () => this.#end(new P2pError('closed', 'it said goodbye')),
    });
  }

  /**
   * The next answer to a request; others are passed over. One is waited for at a time.
   * @throws P2pError `timed-out`, `cancelled` where another is waited for since, or what ended the session
   */
  async next(request: number, timeoutMs: number): Promise<Message> {
    const found = this.heard(request);
    if (found !== undefined) return found;
    this.checkOpen();
    // Its timer would outlive it, and end the session that somebody else waits on.
    this.#waiting?.reject(new P2pError('cancelled', 'another answer is waited for'));
    const late = setTimeout(
      () => this.#session.destroy(new P2pError('timed-out', 'it did not answer in time')),
      timeoutMs,
    );
    try {
      return await new Promise<Message>((resolve, reject) => {
        this.#waiting = { request, resolve, reject };
      });
    } finally {
      clearTimeout(late);
    }
  }

  /** An answer to a request that has come already; others are passed over. */
  heard(request: number): Message | undefined {
    const at = this.#unread.findIndex((received) => received.request === request);
    const found = this.#unread.splice(0, at < 0 ? this.#unread.length : at + 1).at(-1);
    return at < 0 ? undefined : found?.message;
  }

  /** @throws what ended the session, if it has ended */
  checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended.error;
  }

  /** @returns what `work` comes to. @throws what ends the session, if that is first */
  unlessEnded<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#over]);
  }

  /** Ends the session at once, goodbye or not; harmless after `close`. */
  dispose(): void {
    this.#subscription.unsubscribe();
  }

  #hear(received: Received): void {
    if (this.#waiting?.request === received.request) {
      this.#waiting.resolve(received.message);
      this.#waiting = undefined;
    } else if (this.#unread.push(received) > MOST_UNREAD) {
      this.#session.destroy(new P2pError('limit', 'it answers what nobody asked'));
    }
  }

  #end(error: unknown): void {
    this.#ended ??= { error };
    this.#tellOver(error);
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
