/** How the page stands to its peer. Pure. */
import type { AskedId } from '#web/api/answers.js';

/**
 * `refused`: the token is not that of this peer. `hidden`: not followed until it is seen again. `ended`: this page has ended
 * its peer, and nothing comes any more.
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
