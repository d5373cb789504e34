/** Private messages that wait for those they are for: how many may, and which one is meant. */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { SHORTEST_PREFIX } from '#src/peer/network/naming.js';
import type { Kept } from './private-messages.js';

/** For one peer as many as it takes at once; in all less than 5 MB. */
const MOST_WAITING = { ofOne: 100, ofAll: 1000 };

/**
 * @param beingKept whom those are for that wait and are not among the kept yet
 * @throws P2pError `limit` where one more is too many
 */
export function requireRoom(
  kept: readonly Kept[],
  peer: PeerId,
  beingKept: readonly PeerId[],
): void {
  const waiting = kept.filter(({ isWaiting }) => isWaiting).map(({ other }) => other);
  const all = [...waiting, ...beingKept];
  const ofPeer = all.filter((other) => other === peer).length;
  const { ofOne, ofAll } = MOST_WAITING;
  if (ofPeer < ofOne && all.length < ofAll) return;
  throw new P2pError('limit', `no more messages can wait: ${ofOne} for one peer, ${ofAll} in all`);
}

/** @returns the one that waits and has this id, or one that begins so. @throws P2pError `not-found`, `ambiguous` */
export function waitingCalled(word: string, kept: readonly Kept[]): Kept {
  const id = word.toLowerCase();
  const waiting = kept.filter(({ isWaiting, record }) => isWaiting && record.id.startsWith(id));
  const [one] = waiting;
  const shown = printable(word);
  if (one === undefined) {
    const where = '`history --all` shows those that do';
    throw new P2pError('not-found', `no message with the id ${shown} waits: ${where}`);
  }
  if (id.length < SHORTEST_PREFIX) {
    const mend = `give ${SHORTEST_PREFIX} characters of it or more`;
    throw new P2pError('not-found', `${shown} is too short for an id: ${mend}`);
  }
  if (waiting.length === 1) return one;
  const mend = 'give more of the id';
  throw new P2pError('ambiguous', `${shown} means ${waiting.length} messages: ${mend}`);
}

/** @param kept as it is after it was to be taken back. @throws P2pError `not-found`, `data-failed` */
export function requireTakenBack(kept: Kept | undefined): Kept {
  if (kept?.record.state === 'failed') return kept;
  if (kept?.isWaiting === true) {
    throw new P2pError('data-failed', 'that it is taken back could not be written: it waits on');
  }
  throw new P2pError('not-found', 'it was delivered meanwhile');
}
