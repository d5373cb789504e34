/** What a transfer is to its user: how it is called, in which state it is, and how much it matters. Pure. */
import type { ContentId } from '#src/domain/ids.js';

/** `offered`: to all, and whoever wants may take it. `waiting`: nobody could be asked just now. The last three are over. */
export type TransferState =
  | 'offered'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'completed'
  | 'failed'
  | 'cancelled';

/** Highest first. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

export function isPriority(value: unknown): value is Priority {
  return (PRIORITIES as readonly unknown[]).includes(value);
}

/** As many as a table shows of an id: the eye finds the same in `list`. */
const ID_CHARACTERS = 8;

/**
 * A content is downloaded once at a time, so its id names the download, in every run. Two contents whose ids begin
 * alike (somebody who wants to can make such) are told apart by more characters.
 */
export function transferIdOf(id: ContentId): string {
  return id.slice(0, ID_CHARACTERS);
}

/** What is sent is called by its offer, whatever it comes to be. */
export function sendTransferId(offerId: string): string {
  return offerId.slice(0, ID_CHARACTERS);
}
