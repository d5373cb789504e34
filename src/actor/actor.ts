/**
 * What an actor is: a value, not a running thing. It lives on a thread, its own or one that others live on too; hears
 * through its inbox, speaks through what it returns, and shares nothing.
 *
 * - The inbox completes when the actor is asked to stop. It may flush, then completes: a normal exit.
 * - An error is a failure, and the supervisor's business: whatever an actor cannot mend, it lets crash.
 * - The inbox is subscribed to synchronously, when the actor is started; nothing sent before is lost.
 * - Whatever it opened is closed when its output is unsubscribed from.
 * - It never computes for seconds in one turn: a still event loop is taken for a hang.
 * - Neither side runs far ahead of the other: what is in flight is bounded, and too much of it is a failure.
 */
import type { Observable } from 'rxjs';
import type { ErrorRecord } from '#src/domain/errors.js';

export type Actor<Init, In, Out> = (init: Init, inbox: Observable<In>) => Observable<Out>;

/**
 * How a life ended. `failed`: by its own word, or because too much was in flight to it. `killed`: by its
 * supervisor or a drill, or the thread died without a word (out of memory, its file would not load, another was killed).
 */
export type Exit =
  | { readonly reason: 'normal' }
  | { readonly reason: 'failed'; readonly error: ErrorRecord }
  | { readonly reason: 'killed'; readonly error: ErrorRecord };

/** One life of an actor, wherever its thread comes from. */
export type ActorHandle<In, Out> = {
  /** What it says, in order; completes after its last word, never errors. Hot: subscribe at once. */
  readonly out: Observable<Out>;
  /** Resolves once the thread is gone or free and every message has been delivered. Never rejects. */
  readonly exit: Promise<Exit>;
  /** How often its event loop has turned its heartbeat: 0 until it has started; standing still, it hangs. */
  beats(): number;
  /** How late a heartbeat was at worst since this was last asked: so long its event loop was held up. */
  lateMs(): number;
  /** Plain data, copied. What is sent after its end is dropped; what cannot be cloned ends it as a failure. */
  send(message: In): void;
  /** Asks it to finish: its inbox completes. */
  stop(): void;
  /** Ends the thread now, even in the middle of an endless loop, and with it all who live there. */
  kill(why: string): void;
  /** A drill: its thread stands still until it is killed. */
  hang(): void;
};
