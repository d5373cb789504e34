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

/** As it is shown to people: that somebody else does not want it is a word of its own. */
export type ShownState = TransferState | 'rejected';

type Stated = { readonly state: TransferState; readonly why?: { readonly code: string } };

export function shownState({ state, why }: Stated): ShownState {
  return state === 'cancelled' && why?.code === 'rejected' ? 'rejected' : state;
}

/** Highest first. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

export function isPriority(value: unknown): value is Priority {
  return (PRIORITIES as readonly unknown[]).includes(value);
}

/** Where bytes are short because of a limit, transfers share them by this: those of equal priority evenly. */
export const PRIORITY_WEIGHTS: Readonly<Record<Priority, number>> = {
  high: 4,
  normal: 1,
  low: 1 / 4,
};

/** What both ends know of each other in hello: whoever asks may say which of what it asks for comes first. */
export const HEARS_PRIORITY = 'priority';

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
