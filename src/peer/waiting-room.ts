/** How many private messages may wait for those they are for. */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
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
