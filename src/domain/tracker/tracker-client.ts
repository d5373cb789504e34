/**
 * How a peer keeps itself registered with one tracker, as a pure machine:
 *
 *   waiting --due--> dialling --registered--> registered --due--> registered, and asks for members
 *   dialling, registered --failed--> waiting, longer each time
 *
 * The user is told once that it is away and why, and once that it is back. What a tracker says are hints, which it may
 * give no faster than is needed: each makes this peer dial somebody.
 */

import { mayPointTo } from '#src/domain/discovery/nearness.js';
import type { ErrorRecord } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { backOffMs } from '#src/domain/peers/peer-row.js';
import { type Bucket, type Rate, takeToken } from '#src/domain/rates/token-bucket.js';
import { unreachable } from '#src/domain/unreachable.js';
import { MEMBERS_AT_START, type Member } from './tracker-message.js';

export type TrackerState = {
  readonly phase: 'waiting' | 'dialling' | 'registered';
  /** When `due` is wanted: to dial, or to say that we are still here. */
  readonly dueAt: number;
  readonly failures: number;
  /** Whether it owes an answer. */
  readonly isAsked: boolean;
  /** Where the tracker is, as its connection shows, and since when that stands. */
  readonly host: string;
  readonly since: number;
  /** The code of the trouble that the user knows of. */
  readonly told: string | undefined;
  readonly hints: Bucket | undefined;
};

export type TrackerEvent =
  | { readonly type: 'due' }
  /** @property host its IP address. */
  | { readonly type: 'registered'; readonly host: string }
  | { readonly type: 'members'; readonly members: readonly Member[] }
  | { readonly type: 'failed'; readonly error: ErrorRecord };

export type TrackerEffect =
  | { readonly type: 'dial' }
  | { readonly type: 'ask' }
  | { readonly type: 'hint'; readonly members: readonly Member[] }
  | { readonly type: 'tell-away'; readonly error: ErrorRecord }
  | { readonly type: 'tell-back' }
  /** It said what nobody asked for. */
  | { readonly type: 'hang-up' };

export type TrackerStep = {
  readonly state: TrackerState;
  readonly effects: readonly TrackerEffect[];
};

export type ClientSettings = { readonly self: PeerId; readonly heartbeatMs: number };

/** Two answers to newcomers at once, for a tracker that was away for a moment; and a dial a second for ever. */
const HINTS: Rate = { perSecond: 1, burst: 2 * MEMBERS_AT_START };

/** Heartbeats of all peers that were started by one power cut shall not come as one. */
const JITTER = 1 / 4;

/** One that lets us in and hangs up again is left alone for as long as one that is away, or it would write lines without end. */
const STABLE_MS = 60_000;

/** It dials at once. */
export function newTracker(now: number): TrackerState {
  const rest = { isAsked: false, host: '', since: now, told: undefined, hints: undefined };
  return { phase: 'waiting', dueAt: now, failures: 0, ...rest };
}

/** @param now monotonic ms. @param random in [0, 1). */
export function stepTracker(
  state: TrackerState,
  event: TrackerEvent,
  settings: ClientSettings,
  now: number,
  random: number,
): TrackerStep {
  switch (event.type) {
    case 'due':
      return due(state, settings, now, random);
    case 'registered':
      return registered(state, event.host, settings, now, random);
    case 'members':
      return heard(state, event.members, settings, now);
    case 'failed':
      return failed(state, event.error, now, random);
    default:
      return unreachable(event);
  }
}

function due(
  state: TrackerState,
  { heartbeatMs }: ClientSettings,
  now: number,
  random: number,
): TrackerStep {
  if (now < state.dueAt) return { state, effects: [] };
  switch (state.phase) {
    case 'waiting': {
      const next = { ...state, phase: 'dialling', dueAt: Number.POSITIVE_INFINITY } as const;
      return { state: next, effects: [{ type: 'dial' }] };
    }
    case 'registered': {
      const next = { ...state, isAsked: true, dueAt: nextBeat(heartbeatMs, now, random) };
      return { state: next, effects: state.isAsked ? [] : [{ type: 'ask' }] };
    }
    case 'dialling':
      return { state, effects: [] };
    default:
      return unreachable(state.phase);
  }
}

/** Only `members` says that it has taken us; until then nothing is told. */
function registered(
  state: TrackerState,
  host: string,
  { heartbeatMs }: ClientSettings,
  now: number,
  random: number,
): TrackerStep {
  const dueAt = nextBeat(heartbeatMs, now, random);
  const next = { ...state, phase: 'registered', host, since: now, isAsked: true, dueAt } as const;
  return { state: next, effects: [] };
}

function heard(
  state: TrackerState,
  members: readonly Member[],
  { self }: ClientSettings,
  now: number,
): TrackerStep {
  if (!state.isAsked) return { state, effects: [{ type: 'hang-up' }] };
  let { hints } = state;
  const welcome = members.filter(({ peerId, host }) => {
    if (peerId === self || !mayPointTo(state.host, host)) return false;
    const left = takeToken(hints, HINTS, now);
    hints = left ?? hints;
    return left !== undefined;
  });
  const failures = now - state.since < STABLE_MS ? state.failures : 0;
  const next = { ...state, isAsked: false, told: undefined, hints, failures };
  const back: TrackerEffect[] = state.told === undefined ? [] : [{ type: 'tell-back' }];
  const hint: TrackerEffect[] = welcome.length === 0 ? [] : [{ type: 'hint', members: welcome }];
  return { state: next, effects: [...back, ...hint] };
}

function failed(state: TrackerState, error: ErrorRecord, now: number, random: number): TrackerStep {
  const failures = state.failures + 1;
  const isNews = state.told !== error.code;
  const dueAt = now + backOffMs(failures, random);
  const next = { ...state, phase: 'waiting', dueAt, failures, isAsked: false } as const;
  return {
    state: { ...next, told: error.code },
    effects: isNews ? [{ type: 'tell-away', error }] : [],
  };
}

function nextBeat(heartbeatMs: number, now: number, random: number): number {
  return now + heartbeatMs * (1 - random * JITTER);
}
