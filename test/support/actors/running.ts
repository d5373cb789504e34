import { filter, firstValueFrom, type Observable, ReplaySubject, Subject } from 'rxjs';
import { onTestFinished } from 'vitest';
import type { Actor } from '#src/actor/actor.js';

export type Running<In, Out> = {
  send(message: In): void;
  /** What it has said so far. */
  readonly heard: readonly Out[];
  /** The first thing it says, or has said, that passes. */
  until<T extends Out>(passes: (message: Out) => message is T): Promise<T>;
  until(passes: (message: Out) => boolean): Promise<Out>;
  /** Asks it to stop. @returns once it has. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): void;
};

/** Runs an actor as the function it is, on this thread, until the test is over. */
export function runActor<Init, In, Out>(actor: Actor<Init, In, Out>, init: Init): Running<In, Out> {
  const inbox = new Subject<In>();
  const out = new ReplaySubject<Out>();
  const heard: Out[] = [];
  const output: Observable<Out> = actor(init, inbox);
  const done = new Promise<void>((resolve, reject) => {
    out.subscribe({ next: (message) => heard.push(message), error: reject, complete: resolve });
  });
  done.catch(() => undefined);
  const life = output.subscribe(out);
  onTestFinished(() => life.unsubscribe());
  return {
    heard,
    send: (message) => inbox.next(message),
    until: (passes: (message: Out) => boolean) =>
      firstValueFrom(out.pipe(filter(passes))) as Promise<never>,
    stop() {
      inbox.complete();
      return done;
    },
    kill: () => life.unsubscribe(),
  };
}
