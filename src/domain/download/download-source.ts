/** One peer that a download may be fetched from: how it has behaved, and how patient we are with it. Pure. */
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';

/** A source that failed is tried again after 1, 2, 4 ... s, as long as its peer is known. */
const RETRY_FIRST_MS = 1000;
const RETRY_MOST_MS = 30_000;

/** A crash is ours, not the source's: another request starts at once, but not for ever. */
const CRASHES_FORGIVEN = 2;

/**
 * A source that gives nothing for so long makes room for one that waits: whoever has something says so in
 * milliseconds, and identities are free, so a few that only hold their slots must not keep the others out.
 */
const IDLE_MS = 10_000;

/**
 * One that owes a chunk has longer: 4 MiB at 140 kB/s, and whoever waits gets a turn before the download is given up.
 * Parts that trickle in, or a promise to bring it later, cost next to nothing. Twice as long each time it had to
 * leave, so that where all are slow each brings its chunk at last.
 */
const OWING_MS = 30_000;
const MOST_DOUBLINGS = 5;

/**
 * `leaving`: asked to stop so that another download gets its slot; it holds the slot until it has.
 * `gone`: nobody says any more that it holds anything; what it brought is remembered.
 */
export type SourceState =
  | 'known'
  | 'starting'
  | 'connected'
  | 'leaving'
  | 'resting'
  | 'gone'
  | 'convicted';

export type Source = {
  readonly peer: PeerId;
  state: SourceState;
  /** Whether its peer is still said to hold something. */
  isKnown: boolean;
  failures: number;
  retryAt: number;
  attempts: number;
  /** Its last request actor crashed: the next one is a restart. */
  crashed: boolean;
  rttMs: number;
  askedHave: boolean;
  /** When it last brought a chunk, or it was not up to it to bring anything. */
  gaveAt: number;
  /** When it was last asked for the manifest. */
  askedManifestAt: number;
  /** Chunks it brought in this run. */
  brought: number;
  /** Bytes of chunks that are not whole, since the last that was. */
  partBytes: number;
  /** Its last failure, for the message when nobody is left. */
  last?: ErrorRecord;
};

/** `none`: there is nothing yet that it could bring. `idle`: it has nothing, or does not say. */
export type Duty = 'none' | 'idle' | 'owing';

export function newSource(peer: PeerId, now: number): Source {
  return {
    peer,
    state: 'known',
    isKnown: true,
    failures: 0,
    retryAt: now,
    attempts: 0,
    crashed: false,
    rttMs: 0,
    askedHave: false,
    gaveAt: now,
    askedManifestAt: Number.NEGATIVE_INFINITY,
    brought: 0,
    partBytes: 0,
  };
}

/** @returns false where it was asked to stop meanwhile. */
export function connects(source: Source, rttMs: number, now: number): boolean {
  if (source.state !== 'starting') return false;
  source.state = 'connected';
  source.rttMs = rttMs;
  source.gaveAt = now;
  return true;
}

export function rest(source: Source, crashed: boolean, now: number): void {
  source.state = 'resting';
  source.crashed = crashed;
  source.failures += 1;
  const restMs = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** (source.failures - 1));
  source.retryAt = now + (crashed && source.failures <= CRASHES_FORGIVEN ? 0 : restMs);
}

export function patienceMs({ failures }: Source, duty: 'idle' | 'owing'): number {
  return duty === 'idle' ? IDLE_MS : OWING_MS * 2 ** Math.min(failures, MOST_DOUBLINGS);
}

export function isReady({ state, retryAt }: Source, now: number): boolean {
  return state === 'known' || (state === 'resting' && retryAt <= now);
}

export function isBusy({ state }: Source): boolean {
  return state === 'starting' || state === 'connected';
}

export function holdsSlot(source: Source): boolean {
  return isBusy(source) || source.state === 'leaving';
}
