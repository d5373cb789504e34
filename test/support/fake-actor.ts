import { Subject } from 'rxjs';
import type { ActorHandle, Exit } from '#src/actor/actor.js';

/** A life without a thread: the test speaks for it, and says when and how it ends. */
export function fakeActor<In, Out>() {
  const out = new Subject<Out>();
  const calls: string[] = [];
  const heard: In[] = [];
  let beats = 0;
  let end: (exit: Exit) => void = () => undefined;
  const exit = new Promise<Exit>((resolve) => {
    end = resolve;
  });
  const handle: ActorHandle<In, Out> = {
    out,
    exit,
    beats: () => beats,
    lateMs: () => 0,
    send: (message) => void heard.push(message),
    stop: () => void calls.push('stop'),
    kill: (why) => {
      calls.push('kill');
      end({ reason: 'killed', error: { code: 'killed', message: why } });
    },
    hang: () => void calls.push('hang'),
  };
  const beat = () => {
    beats += 1;
  };
  return { handle, out, calls, heard, beat, end };
}
