/** How our own messages are numbered: no number is ever used twice, whatever was lost and however the clock was set. */
import type { AuthorRow, Place } from './reception.js';

/** Of the last message that was said here. */
export type OwnCount = Omit<Place, 'author'>;

/**
 * @param heard what is known of our own messages, from others too. Where more is heard than was counted, the count was
 *   lost (or a backup was put back): a new one begins, in an epoch later than any, though the clock may say otherwise.
 */
export function nextOwnCount(
  last: OwnCount | undefined,
  heard: readonly AuthorRow[],
  now: number,
): OwnCount {
  const isAhead = ({ epoch, runs }: AuthorRow) =>
    last === undefined ||
    epoch > last.epoch ||
    (epoch === last.epoch && runs.some(({ to }) => to > last.sequence + 1));
  if (last !== undefined && !heard.some(isAhead)) return { ...last, sequence: last.sequence + 1 };
  const epochs = [last?.epoch ?? 0, ...heard.map(({ epoch }) => epoch)];
  return { epoch: Math.max(now, 1 + Math.max(...epochs)), sequence: 1 };
}
