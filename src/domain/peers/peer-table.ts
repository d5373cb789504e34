/**
 * The peer table: whom to dial and when, and what the user is told of peers. It belongs to the main thread,
 * since discovery only hears and the mesh only dials; here the two meet.
 *
 * What is heard is a hint: names, links and what the user sees change only by what TLS has proven. The one
 * exception is a `stop` signed by the very instance that a link has proven.
 */

import type { PeerId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import { dialDue, expiredDials } from './dial-plan.js';
import { discoveryRestarted, heard, silent } from './peer-hearsay.js';
import {
  blocked,
  dialReached,
  firstPage,
  linkDown,
  linkUp,
  meshRestarted,
  showProfile,
} from './peer-links.js';
import type { Row } from './peer-row.js';
import {
  type Effect,
  type Event,
  keptPeers,
  quiet,
  roomFor,
  type Step,
  type Table,
} from './peer-table-state.js';
import { add, dialFailed, needed, neededNoMore, remembered } from './peer-targets.js';
import type { Colour } from './profile.js';

/** One line of `peers`. */
export type PeerLine = {
  readonly peerId: PeerId;
  /** Empty until the peer has told it over TLS. */
  readonly name: string;
  /** Only where its user is not there. */
  readonly status?: string;
  /** Where its user chose one, and it has said so. */
  readonly colour?: Colour;
  readonly host: string;
  /** Its base port N. */
  readonly port: number;
  /** `known`: it announces itself, and is not linked, as there are enough links here or there. */
  readonly state: 'up' | 'connecting' | 'known' | 'down';
};

/** The user sees for so long who has gone. */
const DOWN_SHOWN_MS = 10 * 60_000;

/**
 * @param now monotonic milliseconds. @param random in [0, 1).
 * Give it a `tick` at `nextDueAt`, for what is due by time alone.
 */
export function stepPeerTable(state: Table, event: Event, now: number, random: number): Step {
  let table = state;
  const effects: Effect[] = [];
  for (const one of [...expiredDials(state, now), event]) {
    const step = handle(table, one, now, random);
    table = step.state;
    effects.push(...step.effects);
  }
  const dialled = dialDue(table, now);
  const next = forgetOld(dialled.state, now);
  return { state: next, effects: [...effects, ...keeping(state, next), ...dialled.effects] };
}

/** @returns what the user sees of every peer that is or lately was more than a hint. */
export function peerLines(state: Table, now: number): readonly PeerLine[] {
  const scene = sceneOf(state, now);
  return [...state.rows.values()].flatMap((row) => {
    const { host, port } = row.link ?? row.addresses[0] ?? { host: '', port: 0 };
    const shown = shownState(scene, row);
    if (shown === undefined) return [];
    const { peerId, name, status, colour } = row;
    const looks = { ...(status && { status }), ...(colour && { colour }) };
    return [{ peerId, name, ...looks, host, port, state: shown }];
  });
}

/**
 * Whether somebody may be up in a moment: linked and still telling his catalogue, or dialled for the first
 * time. Whom nobody could reach when last tried is not worth waiting for, however often that is repeated.
 */
export function isSettling(state: Table, now: number): boolean {
  const scene = sceneOf(state, now);
  return [...state.rows.values()].some((row) => {
    if (row.link !== undefined) return !row.told;
    return row.failures === 0 && shownState(scene, row) === 'connecting';
  });
}

function handle(state: Table, event: Event, now: number, random: number): Step {
  switch (event.type) {
    case 'heard':
      return heard(state, event, now, random);
    case 'silent':
      return silent(state, event);
    case 'link-up':
      return linkUp(state, event, now);
    case 'link-down':
      return linkDown(state, event, now, random);
    case 'dial-reached':
      return dialReached(state, event);
    case 'dial-failed':
      return dialFailed(state, event, now, random);
    case 'profile':
      return showProfile(state, event);
    case 'first-page':
      return firstPage(state, event.peerId);
    case 'add':
      return add(state, event, now);
    case 'remembered':
      return quiet(remembered(state, event.peers, now));
    case 'blocked':
      return blocked(state, event.peerIds, now);
    case 'trusted':
      return quiet({ ...state, trusted: new Set(event.peerIds) });
    case 'needed':
      return quiet(needed(state, event, now));
    case 'needed-no-more':
      return quiet(neededNoMore(state, event.peerId));
    case 'mesh-restarted':
      return meshRestarted(state, now);
    case 'discovery-restarted':
      return discoveryRestarted(state);
    case 'tick':
      return quiet(state);
    default:
      return unreachable(event);
  }
}

/** What holds for all rows, worked out once. */
type Scene = {
  readonly state: Table;
  readonly kept: ReadonlySet<PeerId>;
  /** Whether strangers are dialled now. */
  readonly hasRoom: boolean;
};

function sceneOf(state: Table, now: number): Scene {
  const hasRoom = roomFor(state) > 0 && state.restUntil <= now;
  return { state, kept: keptPeers(state), hasRoom };
}

function shownState({ state, kept, hasRoom }: Scene, row: Row): PeerLine['state'] | undefined {
  if (row.told) return 'up';
  if (row.link !== undefined) return 'connecting';
  if (isTried(state, row) && !state.blocked.has(row.peerId)) {
    const isLeft = row.isFull || !(hasRoom || kept.has(row.peerId));
    return isLeft && !isDialled(state, row) ? 'known' : 'connecting';
  }
  return row.downAt === undefined ? undefined : 'down';
}

/** Who comes before acquaintances is told whenever that changes. */
function keeping(before: Table, after: Table): readonly Effect[] {
  const { trusted, needed, targets } = after;
  const isSame = before.trusted === trusted && before.needed === needed;
  if (isSame && before.targets === targets) return [];
  const [old, kept] = [keptPeers(before), keptPeers(after)];
  if (old.size === kept.size && [...kept].every((peer) => old.has(peer))) return [];
  return [{ type: 'keep', peers: [...kept] }];
}

function isTried(state: Table, row: Row): boolean {
  return row.dialAt !== undefined || isDialled(state, row);
}

function isDialled(state: Table, row: Row): boolean {
  return [...state.dials.values()].some((dial) => dial.peerId === row.peerId);
}

/** Drops who is neither linked, announced nor tried: at once if never up, else after being shown. */
function forgetOld(state: Table, now: number): Table {
  const gone = [...state.rows.values()].filter(
    (row) =>
      row.link === undefined &&
      !row.announced &&
      now - (row.downAt ?? Number.NEGATIVE_INFINITY) > DOWN_SHOWN_MS &&
      !isTried(state, row),
  );
  if (gone.length === 0) return state;
  const rows = new Map(state.rows);
  for (const row of gone) rows.delete(row.peerId);
  return { ...state, rows };
}
