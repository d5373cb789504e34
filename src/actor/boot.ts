/**
 * What a thread is given when an actor is to live on it, and the letters that travel between it and its host.
 * Both homes, a `Worker` and a pool's thread, get the same; plain data only, because it is cloned.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Exit } from './actor.js';

export type ThreadBoot<Init> = {
  readonly init: Init;
  /** The thread's end of a channel of this life's own: everything said and heard, and at last the exit. */
  readonly port: MessagePort;
  /** Over shared memory; `flow.ts` names its places. */
  readonly counters: Int32Array;
};

/** `bytes` is the sender's estimate, so that both ends count the same. */
type Carried<Message> = {
  readonly type: 'message';
  readonly message: Message;
  readonly bytes: number;
};

export type ToThread<In> =
  | Carried<In>
  | { readonly type: 'stop' }
  | { readonly type: 'hang' }
  /** The thread is to end itself, at once. */
  | { readonly type: 'end' };

/** The exit is the last letter on the same port as all others: it cannot overtake a message. */
export type ToHost<Out> = Carried<Out> | { readonly type: 'exit'; readonly exit: Exit };

/** `workerData` of a `Worker` that is one actor's own. Pool threads and test runners carry no such mark. */
export type OwnThread<Init> = { readonly home: typeof OWN_THREAD; readonly boot: ThreadBoot<Init> };
export const OWN_THREAD = 'p2p-actor-thread';

export function isOwnThread<Init>(data: unknown): data is OwnThread<Init> {
  return typeof data === 'object' && data !== null && 'home' in data && data.home === OWN_THREAD;
}
