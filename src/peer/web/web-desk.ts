/** The main thread's end of the web actor: does what is asked by HTTP with this peer, and tells what happens. */
import { Subscription } from 'rxjs';
import { type OperationId, operations } from '#src/api/operations.js';
import { toRecord } from '#src/domain/errors.js';
import type { Failure } from '#src/io/web/calls.js';
import type { Peer } from '#src/peer/api.js';
import type { Crew } from '#src/peer/crew.js';
import { DownloadError } from '#src/peer/downloads/download-error.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type { Outlet } from '#src/peer/outlet.js';
import type { Library } from '#src/peer/shares/library.js';
import type { Bans } from '#src/peer/trust/bans.js';
import type * as Web from '#workers/web.js';
import { type AnswerDesk, answerOf } from './answers.js';
import { placeOf } from './chunk-places.js';
import { EventFeed } from './event-feed.js';
import { Metrics } from './metrics.js';
import type { PageAddress } from './page-address.js';
import { RecentTopology } from './recent-topology.js';
import { Uploads } from './uploads.js';

type Parts = {
  readonly crew: Pick<Crew, 'send' | 'out' | 'facts' | 'lateMs'>;
  readonly bans: Pick<Bans, 'all'>;
  readonly page: PageAddress;
  readonly outlet: Pick<Outlet, 'tell' | 'watch'>;
  readonly library: Pick<Library, 'contents' | 'changes'>;
  readonly home: Pick<Home, 'folders'>;
};

type Desk = AnswerDesk & {
  readonly feed: EventFeed;
  readonly life: { requireOpen(): void };
};

/** Until it is unsubscribed from. @param life tells whether the peer is still there: once it ends nothing is done any more. */
export function serveWeb(peer: Peer, parts: Parts, life: Desk['life']): Subscription {
  const { crew, page, outlet } = parts;
  const desk = deskOf(parts, life);
  const { feed, uploads, metrics } = desk;
  const forget = (event: PeerEvent) =>
    uploads.hear(event, peer).catch((error: unknown) => {
      outlet.tell({ type: 'notice', ...toRecord(error) });
    });
  const serving = new Subscription();
  serving.add(outlet.watch((event) => feed.tell(event)));
  serving.add(outlet.watch((event) => void forget(event)));
  serving.add(outlet.watch((event) => metrics.hear(event)));
  serving.add(crew.out('web').subscribe((said) => hear(said, peer, parts, desk)));
  serving.add(
    crew.facts.subscribe((fact) => {
      if (fact.actor !== 'web') return;
      if (fact.type !== 'actor-ended') return;
      if (fact.code === 'ui-port-busy') page.taken();
      feed.ended();
    }),
  );
  return serving;
}

function deskOf({ crew, bans, library, home }: Parts, life: Desk['life']): Desk {
  return {
    feed: new EventFeed((batch) => crew.send('web', batch)),
    uploads: new Uploads(home.folders.uploads),
    metrics: new Metrics({
      lateMs: (actor) => crew.lateMs(actor),
      banned: () => bans.all.length,
    }),
    life,
    contents: library.contents,
    topology: new RecentTopology(),
  };
}

function hear(said: Web.Out, peer: Peer, { crew, page, outlet, library }: Parts, desk: Desk): void {
  const send = (order: Web.In) => crew.send('web', order);
  if (said.type === 'call') {
    if (isTold(said.operation)) outlet.tell({ type: 'asked-for', operation: said.operation });
    void answered(said, answerTo(peer, desk, said), send);
  }
  if (said.type === 'locate') void answered(said, placeOf(library, said), send);
  if (said.type === 'listeners') desk.feed.wanted(said.are);
  if (said.type === 'events-taken') desk.feed.taken();
  if (said.type === 'trouble') outlet.tell({ type: 'notice', ...said.error });
  if (said.type === 'listening' && said.port !== null) page.listening(said.port);
}

/** Who looks at the log wants to know what was done, not what was looked at. */
function isTold(operation: OperationId): boolean {
  return operations[operation].method !== 'GET' && operation !== 'markEvents';
}

/** The web actor has held it against the declaration of this operation. */
async function answerTo(
  peer: Peer,
  desk: Desk,
  { operation, input }: Extract<Web.Out, { type: 'call' }>,
): Promise<unknown> {
  if (!('endsPeer' in operations[operation])) desk.life.requireOpen();
  return answerOf(peer, operation, input as never, desk);
}

async function answered(
  { call }: { readonly call: number },
  answer: Promise<unknown>,
  send: (order: Web.In) => void,
): Promise<void> {
  try {
    send({ type: 'answered', call, answer: await answer });
  } catch (error) {
    send({ type: 'failed', call, error: failureOf(error) });
  }
}

function failureOf(error: unknown): Failure {
  const trouble = error instanceof DownloadError ? error.trouble : {};
  return { ...trouble, ...toRecord(error) };
}
