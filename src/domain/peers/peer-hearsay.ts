/** What announcements do to the peer table: they say where to dial, and little else. */
import { addressKey, type Row, sameAddress, withAddress } from './peer-row.js';
import {
  changeTargets,
  type Of,
  quiet,
  rowOf,
  type Step,
  type Table,
  withRow,
} from './peer-table-state.js';

/** Time enough for a newcomer, who hears of everybody at once, to dial: only then do we dial him. */
const NEWCOMER_DIALS_MS = 300;
const NEWCOMER_SPREAD_MS = 300;
/** Whoever said goodbye and was added by hand is not looked for at once. */
const AFTER_STOP_MS = 1000;

/** @returns how long to leave the dialling to the other side. @param random in [0, 1). */
export function politeMs(random: number): number {
  return NEWCOMER_DIALS_MS + random * NEWCOMER_SPREAD_MS;
}

export function heard(state: Table, event: Of<'heard'>, now: number, random: number): Step {
  const { peerId, instance, flag } = event;
  if (flag === 'stop') return heardStop(state, event, now);
  const address = { host: event.host, port: event.ports.mesh };
  if (state.own.has(addressKey(address))) return quiet(state);
  const row = rowOf(state, peerId, now);
  const isNewInstance = row.instance !== instance;
  const isNews =
    isNewInstance || !row.announced || !row.addresses.some((known) => sameAddress(known, address));
  const next = { ...row, instance, announced: true, seenAt: now };
  if (row.link !== undefined) {
    // The proven address stays in front, whatever is announced.
    const addresses = withAddress(withAddress(row.addresses, address), row.link);
    const restarted = isNewInstance && instance !== row.link.instance;
    const effects = restarted ? [{ type: 'probe', peerId } as const] : [];
    return { state: withRow(state, { ...next, addresses }), effects };
  }
  const addresses = withAddress(row.addresses, address);
  const at = flag === 'start' ? now + politeMs(random) : now;
  return quiet(withRow(state, { ...next, addresses, ...(isNews && soonest(row, at)) }));
}

/** Only the instance that TLS has proven can take its own link down by announcing. */
function heardStop(state: Table, event: Of<'heard'>, now: number): Step {
  const { peerId, instance } = event;
  const row = state.rows.get(peerId);
  if (row === undefined) return quiet(state);
  if (row.link !== undefined && row.link.instance !== instance)
    return { state, effects: [{ type: 'probe', peerId }] };
  if (row.link === undefined && row.instance !== instance) return quiet(state);
  return stopped(state, row, now);
}

export function silent(state: Table, { peerId, instance }: Of<'silent'>): Step {
  const row = state.rows.get(peerId);
  if (row === undefined || row.instance !== instance) return quiet(state);
  if (row.link !== undefined) {
    const next = withRow(state, { ...row, announced: false });
    return { state: next, effects: [{ type: 'probe', peerId }] };
  }
  return quiet(withRow(state, { ...row, announced: false, dialAt: undefined }));
}

/**
 * Discovery begins a new life and knows nobody: who is still there is heard anew within a heartbeat, and of who
 * is not, nothing will say `silent`. What was due to be dialled is tried once more.
 */
export function discoveryRestarted(state: Table): Step {
  const rows = new Map(
    [...state.rows].map(([peerId, row]) => [peerId, { ...row, announced: false }] as const),
  );
  return quiet({ ...state, rows });
}

function stopped(state: Table, row: Row, now: number): Step {
  const { peerId, told } = row;
  const next = withRow(state, {
    ...row,
    link: undefined,
    told: false,
    announced: false,
    dialAt: undefined,
    downAt: told ? now : row.downAt,
  });
  const rested = changeTargets(next, (target) =>
    target.peerId === peerId && row.link ? { ...target, dialAt: now + AFTER_STOP_MS } : target,
  );
  if (row.link === undefined) return quiet(rested);
  const closing = { type: 'close-link', peerId, reason: 'stopped' } as const;
  const down = { type: 'peer-down', peerId, reason: 'stopped' } as const;
  return { state: rested, effects: told ? [closing, down] : [closing] };
}

/** News of a peer end its back-off; an earlier date already set for a first dial is kept. */
function soonest(row: Row, at: number): Pick<Row, 'failures' | 'dialAt' | 'isFull'> {
  const kept = row.failures === 0 ? (row.dialAt ?? at) : at;
  return { failures: 0, isFull: false, dialAt: Math.min(kept, at) };
}
