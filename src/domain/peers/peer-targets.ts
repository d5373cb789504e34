/** Addresses nobody announced: given by hand, tried for ever; remembered from last time, tried a little. */

import type { PeerId } from '#src/domain/ids.js';
import { withoutDials } from './dial-plan.js';
import { withRest } from './peer-links.js';
import {
  type Address,
  addressKey,
  backOffMs,
  fullRestMs,
  sameAddress,
  type Target,
  withAddress,
  withoutAddress,
} from './peer-row.js';
import {
  changeTargets,
  type Dial,
  type Effect,
  isLinked,
  type Of,
  quiet,
  rowOf,
  type Step,
  type Table,
  withRow,
} from './peer-table-state.js';

/**
 * Three tries take 3 s: enough for a peer that starts at the same moment, as after a power cut. Later it
 * announces itself; where announcements do not reach, an address belongs into the settings.
 */
const REMEMBERED_TRIES = 3;
/** As many as peers: a settings file is no place for more. */
const TARGETS = 1024;
/** This machine's addresses; the oldest is forgotten, and costs one dial to be learnt anew. */
const OWN_ADDRESSES = 64;

export function add(state: Table, event: Of<'add'>, now: number): Step {
  const { host, port } = event;
  const refs = event.ref === undefined ? [] : [event.ref];
  const key = addressKey({ host, port });
  if (state.own.has(key)) return { state, effects: answers(refs, 'self') };
  const known = state.targets.get(key);
  if (known === undefined && state.targets.size >= TARGETS)
    return { state, effects: answers(refs, 'limit') };
  const linked = linkedAt(state, { host, port }, known?.peerId);
  const target: Target = {
    host,
    port,
    origin: 'by-hand',
    peerId: linked ?? (known?.origin === 'by-hand' ? known.peerId : undefined),
    refs: linked === undefined ? [...(known?.refs ?? []), ...refs] : [],
    failures: known?.failures ?? 0,
    dialAt: linked === undefined && state.dials.get(key)?.via !== 'target' ? now : undefined,
  };
  const effects: Effect[] =
    linked === undefined ? [] : refs.map((ref) => ({ type: 'answer-add', ref, peerId: linked }));
  return { state: { ...state, targets: new Map(state.targets).set(key, target) }, effects };
}

export function remembered(state: Table, peers: Of<'remembered'>['peers'], now: number): Table {
  const targets = new Map(state.targets);
  for (const { host, port, peerId } of peers) {
    const key = addressKey({ host, port });
    if (targets.size >= TARGETS || targets.has(key) || isLinked(state, peerId)) continue;
    const blank = { refs: [], failures: 0, dialAt: now } as const;
    targets.set(key, { host, port, peerId, origin: 'remembered', ...blank });
  }
  return { ...state, targets };
}

export function dialFailed(
  state: Table,
  event: Of<'dial-failed'>,
  now: number,
  random: number,
): Step {
  const dial = state.dials.get(addressKey(event));
  const open = withoutDials(state, (other) => other === dial);
  if (event.code === 'self') return ourselves(open, event);
  if (dial === undefined) return quiet(open);
  if (dial.via === 'target') return targetFailed(open, event, now, random);
  if (event.code === 'full') return quiet(rowFull(withRest(open, now, random), dial, now, random));
  return quiet(rowFailed(open, dial, event.code, now, random));
}

function targetFailed(state: Table, event: Of<'dial-failed'>, now: number, random: number): Step {
  const effects: Effect[] = [];
  const next = changeTargets(state, (target) => {
    if (!sameAddress(target, event)) return target;
    effects.push(...answers(target.refs, event.code));
    const failures = target.failures + 1;
    const isGone = failures >= REMEMBERED_TRIES || event.code === 'identity';
    if (target.origin === 'remembered' && isGone) return undefined;
    const isIdle = target.peerId !== undefined && isLinked(state, target.peerId);
    const dialAt = isIdle ? undefined : now + backOffMs(failures, random);
    return { ...target, refs: [], failures, dialAt };
  });
  return { state: next, effects };
}

/** There is no place for its link. */
function rowFull(state: Table, dial: Dial, now: number, random: number): Table {
  const row = dial.peerId && state.rows.get(dial.peerId);
  if (!row || row.link !== undefined) return state;
  const dialAt = row.announced ? now + fullRestMs(random) : undefined;
  return withRow(state, { ...row, isFull: true, failures: 0, dialAt });
}

/** An address where somebody else answers is not this peer's, whoever announced it. */
function rowFailed(state: Table, dial: Dial, code: string, now: number, random: number): Table {
  const row = dial.peerId && state.rows.get(dial.peerId);
  if (!row) return state;
  const addresses = code === 'identity' ? withoutAddress(row.addresses, dial) : row.addresses;
  if (row.link !== undefined) return withRow(state, { ...row, addresses });
  const failures = row.failures + 1;
  const later = Math.min(row.dialAt ?? Number.POSITIVE_INFINITY, now + backOffMs(failures, random));
  const dialAt = row.announced && addresses.length > 0 ? later : undefined;
  return withRow(state, { ...row, addresses, failures, dialAt });
}

/** An announced or added address that leads back here is never tried again. */
function ourselves(state: Table, address: Address): Step {
  const key = addressKey(address);
  const own = new Set([...[...state.own].slice(1 - OWN_ADDRESSES), key]);
  const rows = new Map(
    [...state.rows].map(([peerId, row]) => {
      const addresses = withoutAddress(row.addresses, address);
      const dialAt = addresses.length > 0 ? row.dialAt : undefined;
      return [
        peerId,
        addresses.length < row.addresses.length ? { ...row, addresses, dialAt } : row,
      ];
    }),
  );
  const effects = answers(state.targets.get(key)?.refs ?? [], 'self');
  const next = changeTargets(state, (target, at) => (at === key ? undefined : target));
  return { state: { ...next, own, rows }, effects };
}

function linkedAt(state: Table, address: Address, peerId: PeerId | undefined): PeerId | undefined {
  for (const { link, peerId: id } of state.rows.values())
    if (link !== undefined && (id === peerId || sameAddress(link, address))) return id;
  return undefined;
}

function answers(refs: readonly string[], code: string): readonly Effect[] {
  return refs.map((ref) => ({ type: 'answer-add', ref, code }));
}

/** Somebody here is at work with a peer, and wants a link to it: dialled at once where it is said to be. */
export function needed(state: Table, event: Of<'needed'>, now: number): Table {
  const { peerId, address } = event;
  const next = { ...state, needed: new Set(state.needed).add(peerId) };
  const row = rowOf(next, peerId, now);
  if (address === undefined || row.link !== undefined) return next;
  const addresses = withAddress(row.addresses, address);
  return withRow(next, { ...row, addresses, isFull: false, failures: 0, dialAt: now });
}

export function neededNoMore(state: Table, peerId: PeerId): Table {
  const left = new Set(state.needed);
  left.delete(peerId);
  return { ...state, needed: left };
}
