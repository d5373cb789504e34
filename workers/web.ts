/**
 * The web actor: the local API and the page over HTTP, for this machine's user alone.
 *
 * It asks the host what it is asked, and passes on what happens; it decides nothing but who may ask. It waits for sockets
 * and for the host; asked to stop it answers what can be answered, which takes a quarter of a second at most. A restart
 * loses connections and what was asked on them: pages connect anew with the same token, `p2p ctl` says so and ends.
 */
import { fileURLToPath } from 'node:url';
import {
  concat,
  concatMap,
  defer,
  finalize,
  from,
  ignoreElements,
  merge,
  Subject,
  tap,
} from 'rxjs';
import type { Actor } from '#src/actor/actor.js';
import { inThread } from '#src/actor/in-thread.js';
import { type ErrorRecord, toRecord } from '#src/domain/errors.js';
import { unreachable } from '#src/domain/unreachable.js';
import { type Answered, type Call, Calls, type Search } from '#src/io/web/calls.js';
import { listenOnControl } from '#src/io/web/control-socket.js';
import { EventStreams, type StreamEvent } from '#src/io/web/event-streams.js';
import { HeldFiles } from '#src/io/web/held-files.js';
import { readPageFiles } from '#src/io/web/page-files.js';
import { UploadStore } from '#src/io/web/upload-store.js';
import { openWebServer, type WebServer } from '#src/io/web/web-server.js';

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
  /** What happened, for those who listen; `missed` events were too many. */
  | {
      readonly type: 'events';
      readonly events: readonly StreamEvent[];
      readonly missed: number;
    };

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
    const calls = new Calls();
    const told = new Subject<Out>();
    const streams = new EventStreams((are) => told.next({ type: 'listeners', are }));
    const opening = opened(init, calls, streams);
    const heard = inbox.pipe(tap((said) => hear(said, calls, streams, told)));
    // A request that waits for the end of the peer is answered by it.
    const ending = defer(() => from(opening.then(({ close }) => close())));
    const end = concat(heard, ending).pipe(
      tap({ complete: () => told.complete() }),
      ignoreElements(),
    );
    const begun = from(opening).pipe(concatMap(({ news }) => from(news)));
    return merge(begun, calls.asked, told, end).pipe(
      // The listeners and their timers are gone with the thread's life, however it ends.
      finalize(() => void opening.then(({ close }) => close()).catch(() => undefined)),
    );
  });

type Opened = { readonly news: readonly Out[]; readonly close: () => Promise<void> };

async function opened(
  { control, port, token, manifests, uploads: folder }: Init,
  calls: Calls,
  streams: EventStreams,
): Promise<Opened> {
  const page = port === null ? {} : { page: readPageFiles(PAGE) };
  const files = new HeldFiles(manifests, (...asked) => calls.locate(...asked));
  const uploads = new UploadStore(folder);
  const server = await openWebServer({ token, calls, streams, files, uploads, ...page });
  const listening = port === null ? null : await server.listen(port);
  const { news, remove } = await controlOf(server, control);
  const close = async () => {
    await server.close();
    await remove();
  };
  return { news: [...news, { type: 'listening', port: listening }], close };
}

/** A peer works without it. */
async function controlOf(
  server: WebServer,
  data: string | null,
): Promise<{ readonly news: readonly Out[]; readonly remove: () => Promise<void> }> {
  const nothing = async () => undefined;
  if (data === null) return { news: [], remove: nothing };
  try {
    return { news: [], remove: await listenOnControl(server.control, data) };
  } catch (error) {
    return { news: [{ type: 'trouble', error: toRecord(error) }], remove: nothing };
  }
}

function hear(said: In, calls: Calls, streams: EventStreams, told: Subject<Out>): void {
  switch (said.type) {
    case 'answered':
    case 'failed':
      return calls.hear(said);
    case 'events': {
      const { events, missed } = said;
      streams.tell(missed === 0 ? events : [{ type: 'missed', count: missed }, ...events]);
      return told.next({ type: 'events-taken' });
    }
    default:
      return unreachable(said);
  }
}

export default inThread(web);
