/**
 * The web actor: the local API and the page over HTTP, for this machine's user alone.
 *
 * It asks the host what it is asked, and passes on what happens; it decides nothing but who may ask. It waits for sockets
 * and for the host; asked to stop it answers what can be answered, which takes a quarter of a second at most. A restart
 * loses connections and what was asked on them: pages connect anew, at the same address with the same token; `p2p ctl` says
 * so and ends. What answers is loaded for the first who asks: a peer that nobody asks has it in no memory.
 */
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import {
  concat,
  concatMap,
  defer,
  finalize,
  from,
  ignoreElements,
  merge,
  type Observable,
  Subject,
  tap,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type Answered, type Call, Calls, type Search } from '#src/io/web/calls.js';
import { Doors } from '#src/io/web/doors.js';
import { EventStreams, type StreamEvent } from '#src/io/web/event-streams.js';
import type { WebApp } from '#src/io/web/web-app.js';

/** What the build made of `web/`, as deep below `dist/` as this file is in either shape. */
const PAGE = fileURLToPath(new URL('../page', import.meta.url));

export type Init = {
  /** Where the control socket lies; null where there is none. */
  readonly control: string | null;
  /** Where the page is served on loopback, 0 for any; null where it is not. */
  readonly port: number | null;
  /** Whoever shows it may do everything. */
  readonly token: string;
  /** Where manifests lie as files by id. */
  readonly manifests: string;
  /** Where uploads are put, each in a folder of its own. */
  readonly uploads: string;
};

export type In =
  | Answered
  /** What happened, for those who listen; `missed` among them says how many were too many there. */
  | { readonly type: 'events'; readonly events: readonly StreamEvent[] }
  /** The peer ends: nobody new may ask, who waits for the end is answered with the actor's own, and who listens hears `bye` last. */
  | { readonly type: 'stop-listening'; readonly exitCode: number };

export type Out =
  | Call
  | Search
  | { readonly type: 'listening'; readonly port: number | null }
  /** Whether anybody wants to hear what happens. */
  | { readonly type: 'listeners'; readonly are: boolean }
  /** The last `events` have been passed on. */
  | { readonly type: 'events-taken' }
  | { readonly type: 'trouble'; readonly error: ErrorRecord };

export const web: Actor<Init, In, Out> = (init, inbox) =>
  defer(() => {
    const desk = new Desk(init);
    const heard = inbox.pipe(tap((said) => desk.hear(said)));
    // A request that waits for the end of the peer is answered by it.
    const ending = defer(() => from(desk.close()));
    const end = concat(heard, ending).pipe(ignoreElements());
    const begun = from(desk.open()).pipe(concatMap((news) => from(news)));
    return merge(begun, desk.out, end).pipe(
      // The listeners and their timers are gone with the thread's life, however it ends.
      finalize(() => void desk.close().catch(() => undefined)),
    );
  });

class Desk {
  readonly #init: Init;
  readonly #calls = new Calls();
  readonly #told = new Subject<Out>();
  readonly #streams = new EventStreams((are) => this.#told.next({ type: 'listeners', are }));
  readonly #doors = new Doors(() => this.#load());
  #app: Promise<WebApp> | undefined;
  #closed: Promise<void> | undefined;
  /** Without it what ends is this actor, and not the peer. */
  #bye: StreamEvent | undefined;

  constructor(init: Init) {
    this.#init = init;
  }

  /** Completes once it is closed. */
  get out(): Observable<Out> {
    return merge(this.#calls.asked, this.#told);
  }

  /** @throws P2pError `port-busy`, `address-unavailable` */
  async open(): Promise<readonly Out[]> {
    const { port, control } = this.#init;
    const listening = port === null ? null : await this.#doors.openPage(port);
    const troubles = control === null ? [] : await this.#openControl(control);
    // A browser that is shown the address comes at once.
    if (port !== null) void this.#doors.handler();
    return [...troubles, { type: 'listening', port: listening }];
  }

  hear(said: In): void {
    switch (said.type) {
      case 'answered':
      case 'failed':
        return this.#calls.hear(said);
      case 'events':
        this.#streams.tell(said.events);
        return this.#told.next({ type: 'events-taken' });
      case 'stop-listening':
        this.#bye = { type: 'bye', exitCode: said.exitCode };
        return this.#doors.stopListening();
      default:
        return unreachable(said);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#calls.end();
    this.#streams.tell(this.#bye === undefined ? [] : [this.#bye]);
    this.#streams.end();
    await this.#doors.close();
    const app = await this.#app;
    await app?.close();
    this.#told.complete();
  }

  /** A peer works without it. */
  async #openControl(data: string): Promise<readonly Out[]> {
    try {
      await this.#doors.openControl(data);
      return [];
    } catch (error) {
      return [{ type: 'trouble', error: toRecord(error) }];
    }
  }

  async #load(): Promise<RequestListener> {
    const { token, manifests, uploads, port } = this.#init;
    const { openWebApp } = await import('#src/io/web/web-app.js');
    const page = port === null ? null : PAGE;
    const parts = { token, calls: this.#calls, streams: this.#streams, manifests, uploads, page };
    this.#app = openWebApp(parts, this.#doors);
    return (await this.#app).handle;
  }
}

export default inThread(web);
