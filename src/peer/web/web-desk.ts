/** The main thread's end of the web actor: does what is asked by HTTP with this peer, and tells what happens. */
import { Subscription } from 'rxjs';
import { toRecord } from '#src/domain/errors.js';
import type { Failure } from '#src/io/web/calls.js';
import type { Peer } from '#src/peer/api.js';
import type { Crew } from '#src/peer/crew.js';
import { DownloadError } from '#src/peer/downloads/download-error.js';
import type { Outlet } from '#src/peer/outlet.js';
import type * as Web from '#workers/web.js';
import { answerOf } from './answers.js';
import { EventFeed } from './event-feed.js';
import type { PageAddress } from './page-address.js';

type Parts = {
  readonly crew: Pick<Crew, 'send' | 'out' | 'facts'>;
  readonly page: PageAddress;
  readonly outlet: Pick<Outlet, 'tell' | 'watch'>;
};

/** Until it is unsubscribed from. */
export function serveWeb(peer: Peer, { crew, page, outlet }: Parts): Subscription {
  const feed = new EventFeed((batch) => crew.send('web', batch));
  const serving = new Subscription();
  const hear = (said: Web.Out): void => {
    if (said.type === 'call') void answer(peer, feed, said, (order) => crew.send('web', order));
    if (said.type === 'listeners') feed.wanted(said.are);
    if (said.type === 'events-taken') feed.taken();
    if (said.type === 'trouble') outlet.tell({ type: 'notice', ...said.error });
    if (said.type === 'listening' && said.port !== null) page.listening(said.port);
  };
  serving.add(outlet.watch((event) => feed.tell(event)));
  serving.add(crew.out('web').subscribe(hear));
  serving.add(
    crew.facts.subscribe((fact) => {
      if (fact.type === 'actor-restarted' && fact.actor === 'web') feed.restarted();
    }),
  );
  return serving;
}

async function answer(
  peer: Peer,
  feed: EventFeed,
  { call, operation, input }: Extract<Web.Out, { type: 'call' }>,
  send: (order: Web.In) => void,
): Promise<void> {
  try {
    // The web actor has held it against the declaration of this operation.
    send({ type: 'answered', call, answer: await answerOf(peer, operation, input as never, feed) });
  } catch (error) {
    send({ type: 'failed', call, error: failureOf(error) });
  }
}

function failureOf(error: unknown): Failure {
  const trouble = error instanceof DownloadError ? error.trouble : {};
  return { ...trouble, ...toRecord(error) };
}
