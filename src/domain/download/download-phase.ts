/**
 * What a download does at one time, and what that means for its sources. The two phases that ask something of them
 * have rooms of their own: `manifest-search.ts` and `download-chunks.ts`. Pure.
 */
import type { DownloadOut } from './download-events.js';
import type { Duty, Source } from './download-source.js';

export type Phase = {
  readonly name:
    | 'locating'
    | 'preparing'
    | 'fetching'
    | 'paused'
    | 'unsealed'
    | 'finishing'
    | 'ended';
  /** Takes a connected source into account. */
  greet(source: Source, now: number): readonly DownloadOut[];
  /** Nothing comes from it any more: what it owes is open to the others at once. */
  letGo(source: Source): void;
  dutyOf(source: Source): Duty;
  /** @returns what to ask of whom now. */
  ask(now: number): readonly DownloadOut[];
};

const ASKS_NOBODY: Omit<Phase, 'name'> = {
  greet: () => [],
  letGo: () => undefined,
  dutyOf: () => 'none',
  ask: () => [],
};

export const PREPARING = { ...ASKS_NOBODY, name: 'preparing' } as const;
/** Of a draft all is here: what it came to be its sender has yet to say. */
export const UNSEALED = { ...ASKS_NOBODY, name: 'unsealed' } as const;
export const FINISHING = { ...ASKS_NOBODY, name: 'finishing' } as const;
export const ENDED = { ...ASKS_NOBODY, name: 'ended' } as const;

/** Asks nobody until it goes on; what is on its way still arrives in the phase that it was in. */
export class Paused<T extends Phase> implements Omit<Phase, 'name'> {
  readonly name = 'paused';
  readonly before: T;
  readonly greet = ASKS_NOBODY.greet;
  readonly dutyOf = ASKS_NOBODY.dutyOf;
  readonly ask = ASKS_NOBODY.ask;

  constructor(before: T) {
    this.before = before;
  }

  letGo(source: Source): void {
    this.before.letGo(source);
  }
}
