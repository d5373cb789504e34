/**
 * The host's side of one life of an actor, whatever its thread comes from: the channel, the counts, and the
 * verdict on how it ended. A host only has to begin a thread, kill it, and say when it is gone.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { type Observable, Subject } from 'rxjs';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import type { ActorHandle, Exit } from './actor.js';
import type { ThreadBoot, ToHost, ToThread } from './boot.js';
import { beatsIn, countTaken, createCounters, createMeter, takeLate } from './flow.js';

export type Thread = {
  kill(): void;
  /** Resolves when nothing of this life runs any more, with the error if there was one. Never rejects. */
  readonly gone: Promise<ErrorRecord | undefined>;
};

/**
 * How long a thread may go on after its actor's last word. It needs a moment to close its handles; one that
 * left some open would hold ports that its next life needs.
 */
const LINGER_MS = 1000;

/**
 * A thread that is killed is asked to end itself first, which closes what must not be open when it is terminated
 * (`io/net/thread-sockets.ts`). One that turns does so in milliseconds; one that hangs never will.
 */
const ASKED_MS = 200;

/** @throws when `init` cannot be cloned. */
export function beginLife<Init, In, Out>(
  init: Init,
  begin: (boot: ThreadBoot<Init>) => Thread,
): ActorHandle<In, Out> {
  const { port1, port2 } = new MessageChannel();
  const counters = createCounters();
  return new Life(port1, counters, begin({ init, port: port2, counters }));
}

const SILENT: ErrorRecord = {
  code: 'actor-failed',
  message: 'The thread ended without saying why.',
};

class Life<In, Out> implements ActorHandle<In, Out> {
  readonly out: Observable<Out>;
  readonly exit: Promise<Exit>;
  readonly #port: MessagePort;
  readonly #counters: Int32Array;
  readonly #measured: (message: In) => number;
  readonly #thread: Thread;
  readonly #said = new Subject<Out>();
  #verdict: Exit | undefined;

  constructor(port: MessagePort, counters: Int32Array, thread: Thread) {
    this.#port = port;
    this.#counters = counters;
    this.#measured = createMeter(counters, 'in');
    this.#thread = thread;
    this.out = this.#said.asObservable();
    const closed = new Promise<void>((resolve) => port.once('close', resolve));
    port.on('message', (letter: ToHost<Out>) => this.#hear(letter));
    this.exit = this.#ended(closed);
  }

  beats(): number {
    return beatsIn(this.#counters);
  }

  lateMs(): number {
    return takeLate(this.#counters);
  }

  send(message: In): void {
    if (this.#verdict !== undefined) return;
    try {
      this.#post({ type: 'message', message, bytes: this.#measured(message) });
    } catch (error) {
      this.#finish({ reason: 'failed', error: toRecord(error) });
    }
  }

  stop(): void {
    this.#post({ type: 'stop' });
  }

  kill(why: string): void {
    this.#finish({ reason: 'killed', error: { code: 'killed', message: why } });
  }

  hang(): void {
    this.#post({ type: 'hang' });
  }

  #hear(letter: ToHost<Out>): void {
    if (letter.type === 'exit') {
      this.#verdict ??= letter.exit;
      return;
    }
    this.#said.next(letter.message);
    countTaken(this.#counters, 'out', letter.bytes);
  }

  #post(letter: ToThread<In>): void {
    if (this.#verdict !== undefined) return;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window.
    this.#port.postMessage(letter);
  }

  #finish(exit: Exit): void {
    this.#post({ type: 'end' });
    this.#verdict ??= exit;
    const unheard = setTimeout(() => this.#thread.kill(), ASKED_MS);
    void this.#thread.gone.then(() => clearTimeout(unheard));
  }

  async #ended(closed: Promise<void>): Promise<Exit> {
    const error = await endOf(this.#thread, closed, () => this.#closeUntaken());
    this.#said.complete();
    return this.#verdict ?? { reason: 'killed', error: error ?? SILENT };
  }

  /** A thread that never began never took its end of the channel, so nothing would close ours. */
  #closeUntaken(): void {
    if (this.beats() === 0) this.#port.close();
  }
}

/** Waits for both: the port has delivered everything, and the thread is gone or free. */
async function endOf(
  thread: Thread,
  closed: Promise<void>,
  closeUntaken: () => void,
): Promise<ErrorRecord | undefined> {
  void thread.gone.then(closeUntaken);
  await closed;
  const linger = setTimeout(() => thread.kill(), LINGER_MS);
  const error = await thread.gone;
  clearTimeout(linger);
  return error;
}
