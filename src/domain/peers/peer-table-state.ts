/** What the peer table holds, hears and wants done; and how one of its rows is changed. */
import type { Flag } from '#src/domain/discovery/announcement.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { Ports } from '#src/domain/ports.js';
import type { DownReason, LinkNews } from './link-news.js';
import { type Address, newRow, type Row, type Target } from './peer-row.js';
import type { Profile } from './profile.js';

/** A dial the mesh has not answered yet. `peerId`: who is believed to be there. */
export type Dial = Address & {
  readonly via: 'row' | 'target';
  readonly peerId: PeerId | undefined;
  readonly startedAt: number;
};

export type Table = {
  readonly rows: ReadonlyMap<PeerId, Row>;
  /** Addresses given by hand or remembered, by `host:port`. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Dials the mesh has not answered yet, by `host:port`. */
  readonly dials: ReadonlyMap<string, Dial>;
  readonly blocked: ReadonlySet<PeerId>;
  /** How many peers may be linked, and no stranger is dialled beyond. */
  readonly most: number;
  /** They are dialled whatever the bound is, and no crowd pushes them out. */
  readonly trusted: ReadonlySet<PeerId>;
  /** Somebody here is at work with them, and they are treated alike. */
  readonly needed: ReadonlySet<PeerId>;
  /** No stranger is dialled before: somebody had no place. */
  readonly restUntil: number;
  /** Addresses that turned out to be this peer itself. */
  readonly own: ReadonlySet<string>;
};

export type Event =
  | {
      readonly type: 'heard';
      readonly peerId: PeerId;
      readonly instance: Instance;
      readonly host: string;
      readonly ports: Ports;
      readonly flag: Flag;
    }
  | { readonly type: 'silent'; readonly peerId: PeerId; readonly instance: Instance }
  | Exclude<LinkNews, { type: 'dial-failed' }>
  /** `code` is `self` where the other end was this peer, `identity` where it was not the one expected. */
  | ({
      readonly type: 'dial-failed';
      readonly expect?: PeerId;
      readonly code: string;
    } & Address)
  /** What a linked peer calls itself now, and how its user is. */
  | ({ readonly type: 'profile'; readonly peerId: PeerId } & Profile)
  /** Its catalogue's first page is here: only now it is up for the user. */
  | { readonly type: 'first-page'; readonly peerId: PeerId }
  /** By hand; `ref` where somebody waits for the answer. */
  | ({ readonly type: 'add'; readonly ref?: string } & Address)
  | {
      readonly type: 'remembered';
      readonly peers: readonly (Address & { readonly peerId: PeerId })[];
    }
  /** All that are blocked, in place of those before. */
  | { readonly type: 'blocked'; readonly peerIds: readonly PeerId[] }
  /** All that are trusted, in place of those before. */
  | { readonly type: 'trusted'; readonly peerIds: readonly PeerId[] }
  /** A link to it is wanted, dialled there if there is none. */
  | { readonly type: 'needed'; readonly peerId: PeerId; readonly address?: Address }
  | { readonly type: 'needed-no-more'; readonly peerId: PeerId }
  /** The mesh has started anew: no link stands and no dial is on its way. */
  | { readonly type: 'mesh-restarted' }
  /** Discovery has started anew: whom it had heard, it will not say silent. */
  | { readonly type: 'discovery-restarted' }
  | { readonly type: 'tick' };

export type Effect =
  | ({ readonly type: 'dial'; readonly expect?: PeerId } & Address)
  | { readonly type: 'probe'; readonly peerId: PeerId }
  | { readonly type: 'close-link'; readonly peerId: PeerId; readonly reason: DownReason }
  /** All whose links come before those of acquaintances, in place of those before. */
  | { readonly type: 'keep'; readonly peers: readonly PeerId[] }
  | ({ readonly type: 'peer-up'; readonly peerId: PeerId; readonly name: string } & Address)
  | { readonly type: 'peer-down'; readonly peerId: PeerId; readonly reason: DownReason }
  | ({ readonly type: 'remember'; readonly peerId: PeerId } & Address)
  | { readonly type: 'answer-add'; readonly ref: string; readonly peerId: PeerId }
  | { readonly type: 'answer-add'; readonly ref: string; readonly code: string };

export type Step = { readonly state: Table; readonly effects: readonly Effect[] };

/** An event of one type, for the function that handles it. */
export type Of<T extends Event['type']> = Extract<Event, { readonly type: T }>;

/** As many as discovery hears. */
const TABLE_ROWS = 1024;

export const EMPTY_TABLE: Table = {
  rows: new Map(),
  targets: new Map(),
  dials: new Map(),
  blocked: new Set(),
  most: Number.POSITIVE_INFINITY,
  trusted: new Set(),
  needed: new Set(),
  restUntil: Number.NEGATIVE_INFINITY,
  own: new Set(),
};

export function quiet(state: Table): Step {
  return { state, effects: [] };
}

export function isLinked(state: Table, peerId: PeerId): boolean {
  return state.rows.get(peerId)?.link !== undefined;
}

/** Whether a peer is no stranger, whatever its address; who was added by hand is known by his address. */
function comesFirst({ trusted, needed }: Table, peerId: PeerId): boolean {
  return trusted.has(peerId) || needed.has(peerId);
}

/** @returns all whose links come before those of acquaintances. */
export function keptPeers({ trusted, needed, targets }: Table): ReadonlySet<PeerId> {
  const byHand = [...targets.values()].flatMap(({ origin, peerId }) =>
    origin === 'by-hand' && peerId !== undefined ? [peerId] : [],
  );
  return new Set([...trusted, ...needed, ...byHand]);
}

/** @returns how many more strangers may be dialled. */
export function roomFor({ rows, dials, most }: Table): number {
  let linked = 0;
  for (const { link } of rows.values()) linked += Number(link !== undefined);
  return most - linked - dials.size;
}

/** @returns the row as it is, or a new one. */
export function rowOf(state: Table, peerId: PeerId, now: number): Row {
  return state.rows.get(peerId) ?? newRow(peerId, now);
}

/** A full table drops the stranger seen longest ago of those who are not linked; where there is none, it takes nobody. */
export function withRow(state: Table, row: Row): Table {
  const rows = new Map(state.rows);
  if (!rows.has(row.peerId) && rows.size >= TABLE_ROWS) {
    const unlinked = [...rows.values()].filter(({ link }) => link === undefined);
    const strangers = unlinked.filter(({ peerId }) => !comesFirst(state, peerId));
    const oldest = strangers.reduce<Row | undefined>(
      (a, b) => (a && a.seenAt <= b.seenAt ? a : b),
      undefined,
    );
    if (oldest === undefined) return state;
    rows.delete(oldest.peerId);
  }
  return { ...state, rows: rows.set(row.peerId, row) };
}

/** @returns the targets after `change`, which answers undefined to drop one. */
export function changeTargets(
  state: Table,
  change: (target: Target, key: string) => Target | undefined,
): Table {
  const kept = new Map<string, Target>();
  for (const [key, target] of state.targets) {
    const next = change(target, key);
    if (next !== undefined) kept.set(key, next);
  }
  return { ...state, targets: kept };
}
