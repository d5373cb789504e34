/** What links do to the peer table: they alone prove a peer, and what the user is told follows from them. */

import type { PeerId } from '#src/domain/ids.js';
import { withoutDials } from './dial-plan.js';
import type { DownReason } from './link-news.js';
import { politeMs } from './peer-hearsay.js';
import {
  backOffMs,
  fullRestMs,
  type Link,
  type Row,
  sameAddress,
  withAddress,
} from './peer-row.js';
import {
  changeTargets,
  type Dial,
  type Effect,
  type Of,
  quiet,
  rowOf,
  type Step,
  type Table,
  withRow,
} from './peer-table-state.js';

/** A link that ended sooner counts as a failed dial, or two peers that drop each other would spin. */
const STABLE_LINK_MS = 10_000;

/**
 * Whoever is told that there is no place leaves all strangers in peace for half a minute to a minute: where most are full,
 * nobody knocks at one after the other.
 */
const STRANGERS_REST_MS = 30_000;

export function linkUp(state: Table, event: Of<'link-up'>, now: number): Step {
  const { peerId, name, instance, dialled } = event;
  const closing = { type: 'close-link', peerId, reason: 'blocked' } as const;
  const address = { host: event.host, port: event.ports.mesh };
  const answered = dialled ? answeredBy(state, peerId, address) : () => false;
  const open = withoutDials(state, answered);
  if (state.blocked.has(peerId)) return { state: open, effects: [closing] };
  const before = rowOf(state, peerId, now);
  const replaced = before.link !== undefined && before.link.instance !== instance;
  const link: Link = { ...address, instance, dialled, since: now };
  const row: Row = {
    ...before,
    name,
    // Whoever is not there, or has a colour, says so on the new link.
    status: '',
    colour: undefined,
    instance,
    link,
    told: before.told && !replaced,
    isFull: false,
    addresses: withAddress(before.addresses, address),
    seenAt: now,
    dialAt: undefined,
    downAt: undefined,
  };
  const down = { type: 'peer-down', peerId, reason: 'replaced' } as const;
  const lost: Effect[] = replaced && before.told ? [down] : [];
  const proven = proveTargets(
    withRow(open, row),
    peerId,
    (at) =>
      sameAddress(at, address) ||
      [...state.dials.values()].some((d) => answered(d) && sameAddress(d, at)),
  );
  return { state: proven.state, effects: [...lost, ...proven.effects] };
}

export function dialReached(state: Table, event: Of<'dial-reached'>): Step {
  const isHere = (at: { host: string; port: number }) => sameAddress(at, event);
  return proveTargets(withoutDials(state, isHere), event.peerId, isHere);
}

export function linkDown(state: Table, event: Of<'link-down'>, now: number, random: number): Step {
  const row = state.rows.get(event.peerId);
  if (row?.link === undefined) return quiet(state);
  const rested = event.reason === 'full' ? withRest(state, now, random) : state;
  return unlink(rested, row, row.link, event.reason, now, random);
}

/** Somebody had no place for us, or we had none for him. */
export function withRest(state: Table, now: number, random: number): Table {
  return { ...state, restUntil: now + STRANGERS_REST_MS * (1 + random) };
}

export function firstPage(state: Table, peerId: PeerId): Step {
  const row = state.rows.get(peerId);
  if (row?.link === undefined || row.told) return quiet(state);
  const { host, port } = row.link;
  return {
    state: withRow(state, { ...row, told: true }),
    effects: [
      { type: 'peer-up', peerId, name: row.name, host, port },
      { type: 'remember', peerId, host, port },
    ],
  };
}

/** Of a link that is gone nothing is said any more. */
export function showProfile(state: Table, { peerId, name, status, colour }: Of<'profile'>): Step {
  const row = state.rows.get(peerId);
  if (row?.link === undefined) return quiet(state);
  return quiet(withRow(state, { ...row, name, status, colour }));
}

/** A blocked peer's dates stay, so that it is dialled at once when it is blocked no longer. */
export function blocked(state: Table, peerIds: readonly PeerId[], now: number): Step {
  let next: Table = { ...state, blocked: new Set(peerIds) };
  const effects: Effect[] = [];
  for (const peerId of next.blocked) {
    const row = next.rows.get(peerId);
    if (row?.link === undefined) continue;
    effects.push({ type: 'close-link', peerId, reason: 'blocked' });
    const step = unlink(next, row, row.link, 'blocked', now, 0);
    next = step.state;
    effects.push(...step.effects);
  }
  return { state: next, effects };
}

/** Everybody is lost and dialled anew, as is whom the old mesh was just dialling. */
export function meshRestarted(state: Table, now: number): Step {
  let next = state;
  const effects: Effect[] = [];
  for (const row of state.rows.values()) {
    if (row.link !== undefined) {
      const step = unlink(next, row, row.link, 'lost', now, 0);
      next = withRow(step.state, {
        ...rowOf(step.state, row.peerId, now),
        failures: 0,
        dialAt: now,
      });
      effects.push(...step.effects);
    }
  }
  for (const dial of state.dials.values()) next = again(next, dial, now);
  return { state: { ...next, dials: new Map() }, effects };
}

function again(state: Table, dial: Dial, now: number): Table {
  if (dial.via === 'target')
    return changeTargets(state, (target) =>
      sameAddress(target, dial) ? { ...target, dialAt: now } : target,
    );
  const row = dial.peerId && state.rows.get(dial.peerId);
  return row ? withRow(state, { ...row, dialAt: now }) : state;
}

function unlink(
  state: Table,
  row: Row,
  link: Link,
  reason: DownReason,
  now: number,
  random: number,
): Step {
  const { peerId, told } = row;
  const isFull = reason === 'full';
  const next = withRow(state, {
    ...row,
    status: '',
    link: undefined,
    told: false,
    isFull,
    downAt: told ? now : row.downAt,
    ...redial(row, link, reason, now, random),
  });
  const patient = changeTargets(next, (target) =>
    target.peerId === peerId
      ? {
          ...target,
          failures: 0,
          dialAt: now + (isFull ? fullRestMs(random) : backOffMs(1, random)),
        }
      : target,
  );
  const effects: Effect[] = told ? [{ type: 'peer-down', peerId, reason }] : [];
  return { state: patient, effects };
}

/** Whoever dialled dials again at once; the other side leaves it a moment, so that not both do. */
function redial(
  row: Row,
  link: Link,
  reason: DownReason,
  now: number,
  random: number,
): Pick<Row, 'announced' | 'failures' | 'dialAt'> {
  if (reason === 'stopped') return { announced: false, failures: 0, dialAt: undefined };
  if (reason === 'full') {
    const dialAt = row.announced ? now + fullRestMs(random) : undefined;
    return { announced: row.announced, failures: 0, dialAt };
  }
  if (reason === 'blocked')
    return { announced: row.announced, failures: 0, dialAt: row.announced ? now : undefined };
  if (now - link.since < STABLE_LINK_MS) {
    const failures = row.failures + 1;
    return { announced: row.announced, failures, dialAt: now + backOffMs(failures, random) };
  }
  const dialAt = link.dialled ? now : now + politeMs(random);
  return { announced: row.announced, failures: 0, dialAt };
}

/**
 * Which open dials a link answers: those to this peer or this address. Failing that, the only one to its
 * host: behind a router that forwards ports a peer's own base port is not the one that was dialled.
 */
function answeredBy(state: Table, peerId: PeerId, address: { host: string; port: number }) {
  const fits = (dial: Dial) => dial.peerId === peerId || sameAddress(dial, address);
  const dials = [...state.dials.values()];
  if (dials.some(fits)) return fits;
  const toHost = dials.filter((dial) => dial.peerId === undefined && dial.host === address.host);
  return (dial: Dial) => toHost.length === 1 && dial === toHost[0];
}

/** Tells who waits for an address that its peer is proven, and forgets memories that have served. */
function proveTargets(
  state: Table,
  peerId: PeerId,
  isHere: (target: { host: string; port: number }) => boolean,
): Step {
  const effects: Effect[] = [];
  const next = changeTargets(state, (target) => {
    const isMeant = isHere(target);
    if (target.origin === 'remembered')
      return isMeant || target.peerId === peerId ? undefined : target;
    if (!isMeant && target.peerId !== peerId) return target;
    for (const ref of target.refs) effects.push({ type: 'answer-add', ref, peerId });
    return { ...target, peerId, refs: [], failures: 0, dialAt: undefined };
  });
  return { state: next, effects };
}
