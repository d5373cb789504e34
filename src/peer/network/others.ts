/** Who the other peers are, to the user: as rows, and by what he calls them. */
import { P2pError } from '#src/domain/errors.js';
import { type PeerId, parsePeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import type { Home } from '#src/peer/home.js';
import type { PeerRow } from '#src/peer/rows.js';
import type { Bans } from '#src/peer/trust/bans.js';
import { refusedPeers } from '#src/peer/trust/court.js';
import type { TrustList } from '#src/peer/trust/trust-list.js';
import { describedPeer, type NamedPeer, peerCalled, peersMeant, tooShort } from './naming.js';
import type { Neighbours } from './neighbours.js';

export type Others = {
  readonly home: Pick<Home, 'self'>;
  readonly bans: Bans;
  readonly trust: TrustList;
  readonly neighbours: Pick<Neighbours, 'lines'>;
};

/** @param isBlocked whether those are wanted who are blocked or banned, and nobody else. */
export function peerRows(parts: Others, isBlocked: boolean): readonly PeerRow[] {
  const { bans, trust, neighbours } = parts;
  if (isBlocked) return refusedPeers(parts).map((peerId) => refusedRow(peerId, parts));
  const banned = new Set(bans.all);
  const rows = neighbours.lines().map((line) => ({ ...line, trust: trust.stateOf(line.peerId) }));
  return rows.filter((row) => row.trust !== 'blocked' && !banned.has(row.peerId));
}

function refusedRow(peerId: PeerId, { bans, trust }: Others): PeerRow {
  const { name = '', host = '', port = 0 } = trust.all.find((row) => row.peerId === peerId) ?? {};
  const until = bans.rows.find((row) => row.peerId === peerId)?.until;
  const seen = { peerId, name, host, port, state: 'down', trust: trust.stateOf(peerId) } as const;
  return until === undefined ? seen : { ...seen, bannedUntil: until };
}

/**
 * Everybody who is not blocked can be meant: those who are here, and those who were.
 * @throws P2pError `not-found`, `ambiguous`, `self`
 */
export function otherCalled(word: string, parts: Others): NamedPeer {
  const { trust, home } = parts;
  const { self } = home;
  const rows = peerRows(parts, false);
  const here = new Set(rows.map(({ peerId }) => peerId));
  const away = trust.all.filter(({ peerId, state }) => state !== 'blocked' && !here.has(peerId));
  if (word.toLowerCase() === self.peerId) throw itself(word);
  const all = [...rows, ...away];
  const peer = peerCalled(word, all) ?? stranger(word, trust.blocked);
  if (peer !== undefined) return peer;
  const refused = peerRows(parts, true);
  const shutOut = peerCalled(word, refused);
  if (shutOut !== undefined) {
    throw new P2pError('not-found', `${describedPeer(shutOut)} is blocked: \`unblock\` first`);
  }
  const own = { peerId: self.peerId, name: self.name, host: '', port: 0 };
  if (peersMeant(word, [own]).length > 0) throw itself(word);
  const short = tooShort(word, [...all, ...refused, own]);
  if (short !== undefined) throw new P2pError('not-found', short);
  const who = printable(word);
  throw new P2pError('not-found', `no peer called ${who} is known: \`peers\` shows who is`);
}

function itself(word: string): P2pError {
  const message = `${printable(word)} is this peer itself: name another one, \`peers\` shows them`;
  return new P2pError('self', message);
}

/** @returns as what this peer is known; undefined where it is not, or is blocked. */
export function otherOf(peer: PeerId, parts: Others): NamedPeer | undefined {
  const all: readonly NamedPeer[] = [...peerRows(parts, false), ...parts.trust.all];
  const known = all.find(({ peerId }) => peerId === peer);
  return parts.trust.stateOf(peer) === 'blocked' ? undefined : known;
}

/** Whoever has never been here can be meant by a whole id. */
function stranger(word: string, blocked: readonly PeerId[]): NamedPeer | undefined {
  const peerId = parsePeerId(word.toLowerCase());
  if (peerId === undefined || blocked.includes(peerId)) return undefined;
  return { peerId, name: '', host: '', port: 0 };
}
