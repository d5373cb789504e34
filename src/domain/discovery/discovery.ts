/**
 * The rules of discovery: when to announce, and what to believe of what is heard. Times are monotonic
 * milliseconds, so that neither a set clock nor a machine that slept makes everybody expire at once.
 *
 * A datagram goes through it twice: `received` asks whether it deserves a signature check (not our own, not
 * heard already, within the limits), `proven` is that same claim after the check.
 */

import { NO_STANDING, type Standing } from '#src/domain/peers/standing.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Announcement } from './announcement.js';
import { withinLimits } from './announcement-limits.js';
import type { Due, Effect, Event, Settings, State, Step } from './discovery-state.js';
import { type Heard, heardAlready, heardEntry, makeRoom } from './heard-peers.js';

/**
 * Each interface's datagram has its own number, or a peer with two addresses would seem to repeat itself and
 * the second address would never be learnt. No machine announces on more than 32 interfaces.
 */
export const SEQUENCE_STRIDE = 32;

/** Three, since a datagram may be lost while a network card or switch port still wakes up. */
const START_AFTER_MS = [0, 250, 1000] as const;
/** A goodbye is said three times, a little apart, so that one burst of loss does not swallow all. */
const STOP_AFTER_MS = [0, 40, 80] as const;
/** So that a hundred peers do not answer a newcomer in the same millisecond; short, since he waits for it. */
const EXTRA_MIN_MS = 20;
const EXTRA_SPREAD_MS = 100;
/** A crowd starting together is answered by one `alive` a second, not by one each. */
const EXTRA_EVERY_MS = 1000;
/** A flood goes on for long; its warning should not. */
const FLOOD_TOLD_EVERY_MS = 60_000;

/** @param sequence above every one an earlier life of this instance may have used. */
export function openDiscovery(
  settings: Settings,
  sequence: number,
  standing: Standing = NO_STANDING,
): State {
  return {
    settings,
    phase: 'waiting',
    due: [],
    heartbeatAt: Number.POSITIVE_INFINITY,
    lastExtraAt: Number.NEGATIVE_INFINITY,
    sequence,
    standing,
    heard: new Map(),
    intake: { all: undefined, bySource: new Map() },
    floodToldAt: Number.NEGATIVE_INFINITY,
    twinTold: false,
    mute: false,
  };
}

/** @param random in [0, 1). */
export function stepDiscovery(state: State, event: Event, now: number, random: number): Step {
  switch (event.type) {
    case 'opened':
      return announceDue(opened(state, now), now);
    case 'wake':
      return wake(state, now);
    case 'interfaces-changed':
      return announceDue(owing(state, [{ at: now, flag: 'alive' }]), now);
    case 'set-standing': {
      const { load, component } = event;
      return quiet({ ...state, standing: { load, component } });
    }
    case 'received':
      return received(state, event, now);
    case 'proven':
      return proven(state, event.announcement, event.source, now, random);
    case 'announced':
      return announced(state, event.reached);
    case 'stop':
      return stopping(state, now);
    default:
      return unreachable(event);
  }
}

/** @returns when the machine next wants a `wake`, or infinity. */
export function wakeAt(state: State): number {
  let at = state.heartbeatAt;
  for (const due of state.due) at = Math.min(at, due.at);
  for (const entry of state.heard.values()) at = Math.min(at, entry.at + state.settings.expiryMs);
  return at;
}

function quiet(state: State): Step {
  return { state, effects: [] };
}

function opened(state: State, now: number): State {
  if (state.phase !== 'waiting') return state;
  return {
    ...state,
    phase: 'running',
    due: START_AFTER_MS.map((after) => ({ at: now + after, flag: 'start' })),
    heartbeatAt: now + state.settings.heartbeatMs,
  };
}

function stopping(state: State, now: number): Step {
  if (state.phase === 'stopping') return quiet(state);
  if (state.phase === 'waiting')
    return { state: { ...state, phase: 'stopping' }, effects: [{ type: 'finish' }] };
  const due = STOP_AFTER_MS.map((after) => ({ at: now + after, flag: 'stop' as const }));
  return announceDue(
    { ...state, phase: 'stopping', due, heartbeatAt: Number.POSITIVE_INFINITY },
    now,
  );
}

/** Only a running peer owes anything but its goodbyes. */
function owing(state: State, due: readonly Due[]): State {
  return state.phase === 'running' ? { ...state, due: [...state.due, ...due] } : state;
}

function wake(state: State, now: number): Step {
  const spoken = announceDue(state, now);
  const gone = [...state.heard.values()].filter((e) => e.at + state.settings.expiryMs <= now);
  if (gone.length === 0) return spoken;
  const heard = new Map(spoken.state.heard);
  for (const entry of gone) heard.delete(entry.key);
  const silent = gone.filter((entry) => !entry.stopped).map(silence);
  return { state: { ...spoken.state, heard }, effects: [...spoken.effects, ...silent] };
}

/** Says once whatever is owed by now; any announcement counts as a heartbeat. */
function announceDue(state: State, now: number): Step {
  const ready = state.due.filter((due) => due.at <= now);
  const flag = ready[0]?.flag ?? (state.heartbeatAt <= now ? 'alive' : undefined);
  if (flag === undefined) return quiet(state);
  const due = state.due.filter((owed) => owed.at > now);
  const effects: Effect[] = [
    { type: 'announce', flag, sequence: state.sequence, ...state.standing },
  ];
  const sequence = state.sequence + SEQUENCE_STRIDE;
  if (state.phase !== 'stopping')
    return {
      state: { ...state, due, sequence, heartbeatAt: now + state.settings.heartbeatMs },
      effects,
    };
  if (due.length === 0) effects.push({ type: 'finish' });
  return { state: { ...state, due, sequence }, effects };
}

function received(state: State, event: Extract<Event, { type: 'received' }>, now: number): Step {
  const { claim, source, sameMachine } = event;
  const { key, instance } = state.settings;
  if (claim.instance === instance) return quiet(state);
  if (claim.key === key && (state.twinTold || claim.flag === 'stop')) return quiet(state);
  if (heardAlready(state.heard.get(claim.key), claim)) return quiet(state);
  const verdict = withinLimits(state.intake, sameMachine ? undefined : source, now);
  if (verdict === 'source-limit') return quiet(state);
  if (verdict === 'all-limit') return flood(state, now);
  return { state: { ...state, intake: verdict }, effects: [{ type: 'verify' }] };
}

function flood(state: State, now: number): Step {
  if (now - state.floodToldAt < FLOOD_TOLD_EVERY_MS) return quiet(state);
  return { state: { ...state, floodToldAt: now }, effects: [{ type: 'flood' }] };
}

function proven(
  state: State,
  said: Announcement,
  source: string,
  now: number,
  random: number,
): Step {
  if (said.key === state.settings.key)
    return { state: { ...state, twinTold: true }, effects: [{ type: 'twin' }] };
  const before = state.heard.get(said.key);
  const { kept, dropped } = makeRoom(state.heard, said.key);
  const heard = new Map(kept).set(said.key, heardEntry(before, said, now));
  const isNewcomer =
    said.flag === 'start' && !before?.runs.some((run) => run.instance === said.instance);
  const next = isNewcomer ? greeting({ ...state, heard }, now, random) : { ...state, heard };
  const silent: Effect[] = dropped === undefined ? [] : [silence(dropped)];
  return { state: next, effects: [...silent, { type: 'heard', announcement: said, source }] };
}

/** Lets a newcomer hear of us now instead of at the next heartbeat. */
function greeting(state: State, now: number, random: number): State {
  if (state.lastExtraAt > now) return state;
  const jittered = now + EXTRA_MIN_MS + random * EXTRA_SPREAD_MS;
  const at = Math.max(jittered, state.lastExtraAt + EXTRA_EVERY_MS);
  return owing({ ...state, lastExtraAt: at }, [{ at, flag: 'alive' }]);
}

function announced(state: State, reached: number): Step {
  const mute = reached === 0;
  const effects: Effect[] = mute && !state.mute ? [{ type: 'mute' }] : [];
  return { state: { ...state, mute }, effects };
}

function silence({ peerId, instance }: Heard): Effect {
  return { type: 'silent', peerId, instance };
}
