/**
 * The answers of a session as promises, for whoever asks one thing after the other. The adapter between the
 * stream of what arrives and code that waits for it.
 */
import { P2pError } from '#src/domain/errors.js';
import type { Message } from '#src/wire/message.js';
import type { Session } from './session.js';

/** Answers that nobody waits for: more than a few are a flood. */
const MOST_UNREAD = 64;

export type Answers = {
  /**
   * The next answer to a request; others are passed over.
   * @throws P2pError `timed-out`, or what ended the session
   */
  next(request: number, timeoutMs: number): Promise<Message>;
  /** Ends the session at once, goodbye or not; harmless after `close`. */
  dispose(): void;
};

type Waiting = {
  readonly request: number;
  readonly resolve: (message: Message) => void;
  readonly reject: (error: unknown) => void;
};

export function answersOf(session: Session): Answers {
  const unread: { readonly message: Message; readonly request: number }[] = [];
  let waiting: Waiting | undefined;
  let ended: { readonly error: unknown } | undefined;

  const end = (error: unknown) => {
    ended ??= { error };
    waiting?.reject(error);
    waiting = undefined;
  };
  const subscription = session.received.subscribe({
    next: (received) => {
      if (waiting?.request === received.request) {
        waiting.resolve(received.message);
        waiting = undefined;
      } else if (unread.push(received) > MOST_UNREAD) {
        session.destroy(new P2pError('limit', 'it answers what nobody asked'));
      }
    },
    error: end,
    complete: () => end(new P2pError('closed', 'it said goodbye')),
  });

  return {
    async next(request, timeoutMs) {
      const at = unread.findIndex((received) => received.request === request);
      const found = unread.splice(0, at < 0 ? unread.length : at + 1).at(-1);
      if (at >= 0 && found !== undefined) return found.message;
      if (ended !== undefined) throw ended.error;
      const late = setTimeout(
        () => session.destroy(new P2pError('timed-out', 'it did not answer in time')),
        timeoutMs,
      );
      try {
        return await new Promise<Message>((resolve, reject) => {
          waiting = { request, resolve, reject };
        });
      } finally {
        clearTimeout(late);
      }
    },
    dispose: () => subscription.unsubscribe(),
  };
}
