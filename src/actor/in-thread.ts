/**
 * The thread's side of an actor's life: makes its inbox, holds the one subscription to what it says, turns
 * its heartbeat, and says how it ended. One file serves both homes: on a `Worker` of its own it starts by
 * itself; on a pool's thread the exported function is the task, and one task is one life. A pool's thread may have
 * several lives at a time: what is the thread's and not one life's is in `thread-house.ts`.
 *
 * It never rejects: an error that crosses threads loses its code, so the exit carries a record instead.
 * Nothing outlives a life: timers, handlers, port and subscription are gone when the promise resolves.
 */
import { isMainThread, type MessagePort, workerData } from 'node:worker_threads';
import { defer, Subscription, tap } from 'rxjs';
import { toRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Actor, Exit } from './actor.js';
import { isOwnThread, type ThreadBoot, type ToHost, type ToThread } from './boot.js';
import { beat, countTaken, createMeter, noteLate } from './flow.js';
import { createInbox, type Inbox } from './inbox.js';
import { enterHouse } from './thread-house.js';

/** As often as the supervisor looks, who wants seven looks without one: no live actor seems still by bad timing. */
const BEAT_MS = 500;

/** @returns the task of a pool's thread; without a boot it only makes sure that the code is loaded. */
export function inThread<Init, In, Out>(
  actor: Actor<Init, In, Out>,
): (boot?: ThreadBoot<Init>) => Promise<void> {
  const data: unknown = workerData;
  if (!isMainThread && isOwnThread<Init>(data)) void live(actor, data.boot);
  return async (boot) => (boot === undefined ? undefined : live(actor, boot));
}

function live<Init, In, Out>(actor: Actor<Init, In, Out>, boot: ThreadBoot<Init>): Promise<void> {
  return new Promise((resolve) => {
    const { init, port, counters } = boot;
    const inbox = createInbox<In>();
    const output = new Subscription();

    const end = (exit: Exit) => {
      if (output.closed) return;
      const last: ToHost<Out> = { type: 'exit', exit: tornDown(output, exit) };
      port.postMessage(last);
      port.close();
      resolve();
    };
    output.add(enterHouse((error) => end(failed(error))));
    output.add(turnHeartbeat(counters));
    output.add(
      defer(() => actor(init, inbox.messages))
        .pipe(tap(sayThrough(port, counters)))
        .subscribe({ error: (error) => end(failed(error)), complete: () => end(NORMAL) }),
    );
    if (!output.closed) hearThrough(port, counters, inbox);
  });
}

const NORMAL: Exit = { reason: 'normal' };

function failed(error: unknown): Exit {
  return { reason: 'failed', error: toRecord(error) };
}

/** An actor that cannot even let go of what it opened has failed, however well it ended. */
function tornDown(output: Subscription, exit: Exit): Exit {
  try {
    output.unsubscribe();
    return exit;
  } catch (error) {
    return exit.reason === 'normal' ? failed(error) : exit;
  }
}

function hearThrough<In>(port: MessagePort, counters: Int32Array, inbox: Inbox<In>): void {
  port.on('message', (letter: ToThread<In>) => {
    switch (letter.type) {
      case 'message':
        return inbox.put(letter.message, () => countTaken(counters, 'in', letter.bytes));
      case 'stop':
        return inbox.complete();
      case 'hang':
        return hang();
      case 'end':
        return process.exit(1);
      default:
        return unreachable(letter);
    }
  });
}

function sayThrough(port: MessagePort, counters: Int32Array): (message: unknown) => void {
  const measured = createMeter(counters, 'out');
  return (message) => {
    const letter: ToHost<unknown> = { type: 'message', message, bytes: measured(message) };
    port.postMessage(letter);
  };
}

/** The first beat tells the host that the actor has started. */
function turnHeartbeat(counters: Int32Array): () => void {
  beat(counters);
  let due = performance.now() + BEAT_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    noteLate(counters, Math.round(now - due));
    due = now + BEAT_MS;
    beat(counters);
  }, BEAT_MS).unref();
  return () => clearInterval(timer);
}

/** The drill: a call that never returns, which only the end of the thread can end. It costs no processor. */
function hang(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0);
}
