/** Waits until the peer that a word means is here. */
import {
  catchError,
  EMPTY,
  exhaustMap,
  filter,
  firstValueFrom,
  from,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  takeUntil,
  timer,
} from 'rxjs';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { parseHostPort } from '#src/domain/host-port.js';
import { type PeerId, parsePeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { Peer } from '#src/peer/api.js';
import { peerCalled, peersMeant } from '#src/peer/network/naming.js';
import type { PeerRow } from '#src/peer/rows.js';
import { TrustList } from '#src/peer/trust/trust-list.js';
import type { Scene } from './oneshot.js';

/** Who is heard and not linked is told by no event; this is soon enough for a person, and costs next to nothing. */
const LOOK_EVERY_MS = 500;

/** Between two attempts at an address where nobody answers: a refusal comes at once. */
const DIAL_EVERY_MS = 1000;

/**
 * @param word a name, an id or the beginning of one, or HOST:PORT, which is dialled until somebody answers
 * @param patienceMs how long he is waited for; without end where it is undefined
 * @throws P2pError `offline` where he does not appear in time; `ambiguous`
 */
export async function appeared(
  word: string,
  { peer, over, data }: Pick<Scene, 'peer' | 'over' | 'data'>,
  patienceMs: number | undefined,
): Promise<PeerRow> {
  let why = '';
  const isAddress = parseHostPort(word) !== undefined;
  const trusted = isAddress ? [] : await trustedAs(word, data);
  const seen = isAddress ? dialled(word, peer, (said) => (why = said)) : heard(word, trusted, peer);
  const late = patienceMs === undefined ? NEVER : timer(patienceMs);
  const stopped = from(over).pipe(catchError(() => of(true)));
  const until = seen.pipe(takeUntil(merge(late, stopped)));
  const found = await firstValueFrom(until, { defaultValue: undefined });
  // Where it was stopped that is what there is to say.
  await Promise.race([over, Promise.resolve()]);
  if (found !== undefined) return found;
  const strangers = trusted.length === 0 ? [] : peersMeant(word, peer.peers());
  if (strangers.length > 0) {
    why = `${word} did not appear: who is called so here is not the one you trust`;
  }
  const missed = why === '' ? `${printable(word)} did not appear` : printable(why);
  const seconds = (patienceMs ?? 0) / 1000;
  const message = `${missed} (waited ${seconds} s; --wait waits without end, --timeout as long as it says)`;
  throw new P2pError('offline', message);
}

/** Whom the user trusts and calls so: nobody else is meant, be they here or not. */
async function trustedAs(word: string, data: string): Promise<readonly PeerId[]> {
  if (parsePeerId(word) !== undefined) return [];
  const { all } = await TrustList.open(data);
  const trusted = all.filter(({ state }) => state === 'trusted');
  return peersMeant(word, trusted).map(({ peerId }) => peerId);
}

function heard(word: string, trusted: readonly PeerId[], peer: Peer): Observable<PeerRow> {
  const here = () => peer.peers().filter(({ state }) => state !== 'down');
  const isMeant = (row: PeerRow) => trusted.includes(row.peerId);
  return merge(peer.events, timer(0, LOOK_EVERY_MS)).pipe(
    map(() => {
      if (trusted.length === 0) return peerCalled(word, here());
      const [row, ...others] = here().filter(isMeant);
      return others.length === 0 ? row : peerCalled(word, here().filter(isMeant));
    }),
    filter((row) => row !== undefined),
  );
}

function dialled(
  address: string,
  peer: Peer,
  onFailure: (message: string) => void,
): Observable<PeerRow> {
  return timer(0, DIAL_EVERY_MS).pipe(
    exhaustMap(() =>
      from(peer.add(address)).pipe(
        catchError((error: unknown) => {
          const { code, message } = toRecord(error);
          if (code !== 'unreachable') throw error;
          onFailure(message);
          return EMPTY;
        }),
      ),
    ),
  );
}
