/**
 * The host's side of one life of an actor, whatever its thread comes from: the channel, the counts, and the
 * verdict on how it ended. A host only has to begin a thread, kill it, and say when it is gone.
 */
import { MessageChannel } from 'node:worker_threads';
import { Subject } from 'rxjs';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import type { ActorHandle, Exit } from './actor.js';
import type { ThreadBoot, ToHost, ToThread } from './boot.js';
import { beatsIn, countTaken, createCounters, createMeter } from './flow.js';

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
 * (`io/thread-sockets.ts`). One that turns does so in milliseconds; one that hangs never will.
 */
const ASKED_MS = 200;

/** @throws when `init` cannot be cloned. */
export function beginLife<Init, In, Out>(
  init: Init,
  begin: (boot: ThreadBoot<Init>) => Thread,
): ActorHandle<In, Out> {
  const { port1: port, port2 } = new MessageChannel();
  const counters = createCounters();
  const measured = createMeter(counters, 'in');
  const out = new Subject<Out>();
  let verdict: Exit | undefined;

  const thread = begin({ init, port: port2, counters });
  const closed = new Promise<void>((resolve) => port.once('close', resolve));
  port.on('message', (letter: ToHost<Out>) => {
    if (letter.type === 'exit') {
      verdict ??= letter.exit;
      return;
    }
    out.next(letter.message);
    countTaken(counters, 'out', letter.bytes);
  });

  // A thread that never began never took its end of the channel, so nothing would close ours.
  const closeUntaken = () => {
    if (beatsIn(counters) === 0) port.close();
  };
  const post = (letter: ToThread<In>) => {
    if (verdict === undefined) port.postMessage(letter);
  };
  const finish = (exit: Exit) => {
    post({ type: 'end' });
    verdict ??= exit;
    const unheard = setTimeout(() => thread.kill(), ASKED_MS);
    void thread.gone.then(() => clearTimeout(unheard));
  };
  return {
    out: out.asObservable(),
    exit: endOf(thread, closed, closeUntaken).then((error) => {
      out.complete();
      return verdict ?? { reason: 'killed', error: error ?? SILENT };
    }),
    beats: () => beatsIn(counters),
    send: (message) => {
      if (verdict !== undefined) return;
      try {
        post({ type: 'message', message, bytes: measured(message) });
      } catch (error) {
        finish({ reason: 'failed', error: toRecord(error) });
      }
    },
    stop: () => post({ type: 'stop' }),
    kill: (why) => finish({ reason: 'killed', error: { code: 'killed', message: why } }),
    hang: () => post({ type: 'hang' }),
  };
}

const SILENT: ErrorRecord = {
  code: 'actor-failed',
  message: 'The thread ended without saying why.',
};

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
