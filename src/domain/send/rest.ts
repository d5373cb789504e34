/**
 * The rest of something that was sent before: files that did not come then, offered anew. It goes where the first went, as
 * far as it stays within what was accepted then. Pure.
 */
import { roomFor } from './offered-size.js';
import type { SendOffer } from './send-offer.js';

/** So many of the files that failed are remembered by name, and can be asked for: those beyond stay missing. */
export const MOST_NAMED = 10_000;

/** What came of the first offer. */
export type Came = {
  /** As it was offered and accepted. */
  readonly offeredBytes: number;
  /** Of it, and of what came of it since. */
  readonly bytes: number;
  /** Files that did not come. */
  readonly failedCount: number;
};

/** @returns whether it is no more than what was accepted once and has not come. */
export function isWithin(offer: Pick<SendOffer, 'kind' | 'bytes' | 'files'>, came: Came): boolean {
  const isFew = offer.files > 0 && offer.files <= came.failedCount;
  return (
    offer.kind === 'directory' && isFew && offer.bytes <= roomFor(came.offeredBytes) - came.bytes
  );
}

/**
 * @param before files that did not come at first
 * @param again those of them that were asked for by name, and did not come again
 * @returns how many are missing still
 */
export function stillMissing(before: number, again: number): number {
  const asked = Math.min(before, MOST_NAMED);
  return before - asked + Math.min(again, asked);
}
