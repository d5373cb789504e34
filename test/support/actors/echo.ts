/** An actor for tests: answers, counts, and fails in every way on demand. */
import { threadId } from 'node:worker_threads';
import { concat, EMPTY, endWith, mergeMap, type Observable, of, range, throwError } from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import { P2pError } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';

export type Init = { readonly greeting: string };

export type In =
  | { readonly type: 'echo'; readonly value: unknown }
  | { readonly type: 'flood'; readonly count: number }
  | { readonly type: 'fail' }
  | { readonly type: 'throw-later' }
  | { readonly type: 'reject-later' }
  | { readonly type: 'die' }
  | { readonly type: 'spin' }
  /** Notes there that its thread ended in order. */
  | { readonly type: 'note-end'; readonly into: Int32Array }
  | { readonly type: 'print'; readonly text: string }
  /** Which thread it lives on. */
  | { readonly type: 'where' };

export type Out =
  | { readonly type: 'hello'; readonly greeting: string }
  | { readonly type: 'echoed'; readonly value: unknown }
  | { readonly type: 'flushed' };

const echo: Actor<Init, In, Out> = (init, inbox) =>
  concat(
    of<Out>({ type: 'hello', greeting: init.greeting }),
    inbox.pipe(mergeMap(answer), endWith<Out>({ type: 'flushed' })),
  );

function answer(message: In): Observable<Out> {
  switch (message.type) {
    case 'echo':
      return of({ type: 'echoed', value: message.value });
    case 'flood':
      return range(0, message.count).pipe(mergeMap((value) => of<Out>({ type: 'echoed', value })));
    case 'fail':
      return throwError(() => new P2pError('disk-full', 'No room left.'));
    case 'throw-later':
      setTimeout(() => {
        throw new P2pError('io', 'Thrown in a timer.');
      }, 1);
      return EMPTY;
    case 'reject-later':
      void Promise.reject(new P2pError('io', 'Rejected by nobody.'));
      return EMPTY;
    case 'die':
      return process.exit(3);
    case 'note-end':
      process.once('exit', () => void Atomics.store(message.into, 0, 1));
      return of({ type: 'echoed', value: undefined });
    case 'spin':
      for (;;);
    case 'where':
      return of({ type: 'echoed', value: threadId });
    case 'print':
      console.log(message.text);
      return EMPTY;
    default:
      return unreachable(message);
  }
}

export default inThread(echo);
