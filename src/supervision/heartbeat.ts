/**
 * Finds an actor that hangs: its event loop has stopped turning its heartbeat. Counted in the supervisor's own
 * ticks, not in time: while the process is suspended the supervisor does not tick either, so nobody is killed
 * for having slept.
 */

/** Twice a second: a hung actor is found within 4 s and replaced within 5. */
export const TICK_MS = 500;

/**
 * 3.5 s of silence: no honest actor computes that long in one turn, and an actor that is merely starved of
 * processor time gets a turn within a second.
 */
const STILL_TICKS = 7;

/** A tick this late means that the process, or its main thread, stood still: what was counted is void. */
const GAP_MS = 4 * TICK_MS;

export type Watch = { readonly beats: number; readonly still: number };

/** Before the first beat nothing is expected: starting has a time limit of its own. */
export const FRESH: Watch = { beats: 0, still: 0 };

/** @param sinceMs time since the tick before. */
export function watched(watch: Watch, beats: number, sinceMs: number): Watch {
  if (beats === 0 || beats !== watch.beats || sinceMs > GAP_MS) return { beats, still: 0 };
  return { beats, still: watch.still + 1 };
}

export function isHanging(watch: Watch): boolean {
  return watch.still >= STILL_TICKS;
}
