/** How the page stands to its peer. Pure. */
import type { AskedId } from '#web/api/answers.js';
import type { Readable } from './cell.js';

/**
 * `refused`: the token is not that of this peer. `hidden`: not followed until it is seen again. `ended`: the peer has
 * ended, by whomever, and nothing comes any more.
 */
export type Connection = 'connecting' | 'live' | 'lost' | 'refused' | 'hidden' | 'ended';

/** @returns whether the peer is about to end once it has answered this. */
export function endsIt(id: AskedId): boolean {
  return id === 'stop' || id === 'stopNetwork';
}

/** @param what became of the stream of events, or `ended`: the peer has said that it ends. */
export function stepConnection(
  now: Connection,
  what: 'opened' | 'gone' | 'refused' | 'hidden' | 'ended',
): Connection {
  if (now === 'ended') return now;
  if (what === 'opened') return 'live';
  return what === 'gone' ? 'lost' : what;
}

/** @returns what aborts once the peer has ended: nobody is asked for news of it any more. */
export function lifeOf(connection: Readable<Connection>): AbortSignal {
  const over = new AbortController();
  connection.subscribe((now) => {
    if (now === 'ended') over.abort();
  });
  return over.signal;
}
