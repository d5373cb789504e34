/** Which dials are due: never two to one peer, never two to one address, and not everybody at once. */
import type { PeerId } from '#src/domain/ids.js';
import { type Address, addressKey } from './peer-row.js';
import {
  type Dial,
  type Effect,
  isLinked,
  keptPeers,
  type Of,
  roomFor,
  type Step,
  type Table,
} from './peer-table-state.js';

/** A thousand peers heard in one second are dialled in turn: each handshake costs both ends 1-2 ms. */
const DIALS_AT_ONCE = 32;
/** Of these, kept for those who are no strangers: a crowd of invented peers does not hold them up. */
const RESERVED_DIALS = 4;
/** The mesh gives up a handshake after 10 s and a connection before that: no answer by now is none. */
const DIAL_ANSWERED_MS = 30_000;

type Candidate = Address & {
  readonly via: 'row' | 'target';
  readonly peerId: PeerId | undefined;
  readonly expect: PeerId | undefined;
  readonly dialAt: number;
  readonly isStranger: boolean;
};

/** @returns the dials whose answer is overdue, as failures. */
export function expiredDials(state: Table, now: number): readonly Of<'dial-failed'>[] {
  return [...state.dials.values()]
    .filter((dial) => now - dial.startedAt >= DIAL_ANSWERED_MS)
    .map(({ host, port }) => ({ type: 'dial-failed', host, port, code: 'timed-out' }));
}

/** @returns when a `tick` is wanted, or infinity. */
export function nextDueAt(state: Table): number {
  let at = Number.POSITIVE_INFINITY;
  for (const dial of state.dials.values()) at = Math.min(at, dial.startedAt + DIAL_ANSWERED_MS);
  const room = roomFor(state);
  for (const one of candidates(state))
    if (one.dialAt < at && mayDial(state, one, room)) at = one.dialAt;
  return at;
}

/** Dials what is due: those who are no strangers, then the longest overdue. */
export function dialDue(state: Table, now: number): Step {
  const due = candidates(state, now).toSorted(
    (a, b) => Number(a.isStranger) - Number(b.isStranger) || a.dialAt - b.dialAt,
  );
  let room = roomFor(state);
  let next = state;
  const effects: Effect[] = [];
  for (const one of due) {
    if (!mayDial(next, one, room)) continue;
    next = dialling(next, one, now);
    room -= 1;
    const { host, port, expect } = one;
    effects.push({ type: 'dial', host, port, ...(expect !== undefined && { expect }) });
  }
  return { state: next, effects };
}

/** @returns the table without this dial. */
export function withoutDials(state: Table, answered: (dial: Dial) => boolean): Table {
  const open = [...state.dials].filter(([, dial]) => !answered(dial));
  return open.length === state.dials.size ? state : { ...state, dials: new Map(open) };
}

/** @returns who is to be dialled until then; none where as many are dialled as may be. */
function candidates(state: Table, until = Number.POSITIVE_INFINITY): readonly Candidate[] {
  const found: Candidate[] = [];
  if (state.dials.size >= DIALS_AT_ONCE) return found;
  const kept: ReadonlySet<PeerId | undefined> = keptPeers(state);
  for (const { dialAt, host, port, peerId, origin } of state.targets.values()) {
    // By hand an address is meant, whoever is there; what is remembered is a peer.
    const expect = origin === 'remembered' ? peerId : undefined;
    const isStranger = origin === 'remembered' && !kept.has(peerId);
    const at = isStranger ? strangersAt(state, dialAt) : dialAt;
    if (at !== undefined && at <= until)
      found.push({ via: 'target', host, port, peerId, expect, dialAt: at, isStranger });
  }
  for (const { dialAt, addresses, failures, peerId } of state.rows.values()) {
    const address = addresses[failures % addresses.length];
    const isStranger = !kept.has(peerId);
    const at = isStranger ? strangersAt(state, dialAt) : dialAt;
    if (at !== undefined && at <= until && address !== undefined)
      found.push({ via: 'row', ...address, peerId, expect: peerId, dialAt: at, isStranger });
  }
  return found;
}

function strangersAt({ restUntil }: Table, dialAt: number | undefined): number | undefined {
  return dialAt === undefined ? undefined : Math.max(dialAt, restUntil);
}

/** @param room how many strangers may be dialled. */
function mayDial(state: Table, one: Candidate, room: number): boolean {
  const key = addressKey(one);
  if (one.isStranger && (room <= 0 || state.dials.size >= DIALS_AT_ONCE - RESERVED_DIALS))
    return false;
  if (state.dials.size >= DIALS_AT_ONCE || state.dials.has(key) || state.own.has(key)) return false;
  const { peerId } = one;
  if (peerId === undefined) return true;
  // Who asks by hand gets an answer from the mesh, even that the peer is blocked.
  const isAwaited = one.via === 'target' && (state.targets.get(key)?.refs.length ?? 0) > 0;
  if (isLinked(state, peerId) || (state.blocked.has(peerId) && !isAwaited)) return false;
  return ![...state.dials.values()].some((dial) => dial.peerId === peerId);
}

function dialling(state: Table, one: Candidate, now: number): Table {
  const { via, host, port, peerId } = one;
  const key = addressKey(one);
  const dials = new Map(state.dials).set(key, { via, host, port, peerId, startedAt: now });
  if (via === 'target') {
    const target = state.targets.get(key);
    if (target === undefined) return state;
    const targets = new Map(state.targets).set(key, { ...target, dialAt: undefined });
    return { ...state, dials, targets };
  }
  const row = peerId && state.rows.get(peerId);
  if (!row) return state;
  return {
    ...state,
    dials,
    rows: new Map(state.rows).set(row.peerId, { ...row, dialAt: undefined }),
  };
}
