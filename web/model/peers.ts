/** Who is there. Pure. */
import type { PeerId } from '#src/domain/ids.js';
import type { Told } from '#src/peer/api.js';
import type { PeerRow } from '#src/peer/rows.js';

export type Peers = {
  readonly known: ReadonlyMap<PeerId, PeerRow>;
  readonly blocked: ReadonlyMap<PeerId, PeerRow>;
};

/** How a peer is shown: those who can be talked to first. */
export type Presence = 'online' | 'away' | 'connecting' | 'known' | 'offline';

export const NO_PEERS: Peers = { known: new Map(), blocked: new Map() };

const RANK: Readonly<Record<Presence, number>> = {
  online: 0,
  away: 0,
  connecting: 1,
  known: 2,
  offline: 3,
};

export function peersFrom(known: readonly PeerRow[], blocked: readonly PeerRow[]): Peers {
  return { known: byId(known), blocked: byId(blocked) };
}

/** What an event says of peers; the rest (round-trips, addresses) comes with the next reading. */
export function stepPeers(peers: Peers, event: Told): Peers {
  switch (event.type) {
    case 'peer-up': {
      const { peerId, name, host, port } = event;
      const before = peers.known.get(peerId) ?? { peerId, name, trust: 'unknown', state: 'up' };
      return withKnown(peers, { ...before, name, host, port, state: 'up' });
    }
    case 'peer-down':
      return changed(peers, event.peerId, (row) => ({ ...row, state: 'down' }));
    case 'peer-changed': {
      const { peerId, name, status, colour } = event;
      return changed(peers, peerId, ({ status: _, colour: __, ...row }) => ({
        ...row,
        name,
        ...(status !== '' && { status }),
        ...(colour !== undefined && { colour }),
      }));
    }
    case 'trust-changed':
      return trustChanged(peers, event);
    default:
      return peers;
  }
}

function trustChanged(peers: Peers, event: Extract<Told, { type: 'trust-changed' }>): Peers {
  const { peerId, name, state: trust } = event;
  const row = peers.known.get(peerId) ?? peers.blocked.get(peerId);
  if (trust === 'blocked') {
    const known = new Map(peers.known);
    known.delete(peerId);
    const blocked = { host: '', port: 0, ...row, peerId, name, trust, state: 'down' } as const;
    return { known, blocked: new Map(peers.blocked).set(peerId, blocked) };
  }
  const blocked = new Map(peers.blocked);
  const wasBlocked = blocked.delete(peerId);
  if (row === undefined) return peers;
  return withKnown(wasBlocked ? { ...peers, blocked } : peers, { ...row, trust });
}

function changed(peers: Peers, peer: PeerId, change: (row: PeerRow) => PeerRow): Peers {
  const row = peers.known.get(peer);
  return row === undefined ? peers : withKnown(peers, change(row));
}

function withKnown(peers: Peers, row: PeerRow): Peers {
  return { ...peers, known: new Map(peers.known).set(row.peerId, row) };
}

export function presenceOf({ state, status }: Pick<PeerRow, 'state' | 'status'>): Presence {
  if (state === 'down') return 'offline';
  if (state !== 'up') return state;
  return status === undefined ? 'online' : 'away';
}

/** @param status as the peer tells it: `away`, or `away: ` and why. @returns why; empty where nothing is said. */
export function reasonOf(status: string): string {
  return status.replace(/^away(: )?/, '');
}

/** Those that can be talked to first, then by name. */
export function inOrder(rows: Iterable<PeerRow>): readonly PeerRow[] {
  return [...rows].toSorted((one, other) => {
    const rank = RANK[presenceOf(one)] - RANK[presenceOf(other)];
    return rank || one.name.localeCompare(other.name) || (one.peerId < other.peerId ? -1 : 1);
  });
}

function byId(rows: readonly PeerRow[]): ReadonlyMap<PeerId, PeerRow> {
  return new Map(rows.map((row) => [row.peerId, row]));
}
