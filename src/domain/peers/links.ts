/**
 * The rules of links: one with each peer, whoever dialled it. Pure; the mesh actor carries the effects out.
 *
 * When two dial each other, both connections come up, in any order on either side. So one side decides: the
 * peer with the smaller id, the leader, drops what is too much; the other, the follower, only guesses by the
 * same rule and *holds* what it believes to lose, unread, until the leader drops one of the two. After a wrong
 * guess the held link takes over, and nothing sent on it has been missed. What is dropped ends without a goodbye:
 * whoever reads one, on whichever link, knows that its peer stops.
 *
 *     opened ──> current ──> ended: lost, and the newest held link takes over, else the peer is down
 *        └─────> held    ──> dropped by the leader, or by us once it was held for too long
 */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { DialTarget, DownReason } from './link-news.js';
import { favouredNoMore, guestExpired, settledIn, turnedOut } from './link-room.js';
import {
  fail,
  type Link,
  type LinkEffect,
  type LinkEvent,
  type LinkedPeer,
  type LinksState,
  type LinksStep,
  tell,
  withNeighbour,
  withoutHeld,
  withoutPeer,
  withPeer,
} from './links-state.js';

export const LINK_TIMES = {
  /**
   * A second connection of the same peer this soon was dialled at the same time as the first: as long as a
   * dial may take (a handshake, then a hello). Later than that, who dials has lost the link we believe in.
   */
  tieMs: 20_000,
  /** A leader decides within a round trip; whatever is still held after this is held for nothing. */
  holdMs: 10_000,
} as const;

/** Dials at once: more than a network has newcomers, few enough not to run out of sockets. */
const MOST_DIALS = 256;

/** @returns why this peer gets no link, or undefined if it may. */
export function refusalOf(state: LinksState, peerId: PeerId): P2pError | undefined {
  if (peerId === state.self) {
    return new P2pError('self', 'this address is our own: a peer does not link to itself');
  }
  if (state.refused.has(peerId)) return new P2pError('blocked', 'this peer is blocked here');
  return undefined;
}

/** @param now monotonic milliseconds. @param random in [0, 1). */
export function step(state: LinksState, event: LinkEvent, now: number, random: number): LinksStep {
  switch (event.type) {
    case 'dial':
      return dial(state, event.target);
    case 'dial-failed':
      return tell(settled(state, event.target), { ...event, type: 'tell-failed' });
    case 'opened':
      return opened(settled(state, event.target), event.link, event.target, now, random);
    case 'ended':
      return ended(state, event.link, event.goodbye, now);
    case 'hold-expired':
      return holdExpired(state, event.link);
    case 'close':
      return closePeer(state, event.peerId, event.reason);
    case 'turned-out':
      return turnedOut(state, event.link);
    case 'guest-expired':
      return guestExpired(state, event.peerId, random);
    case 'neighbour':
      return favouredNoMore(withNeighbour(state, event.peerId, event.isOne), [event.peerId]);
    case 'keep':
      return favouredNoMore({ ...state, kept: new Set(event.peers) }, [...state.kept]);
    case 'refuse':
      return refuse(state, event.peers);
    case 'stop':
      return stop(state);
    default:
      return unreachable(event);
  }
}

function dial(state: LinksState, target: DialTarget): LinksStep {
  const refusal = target.expect && refusalOf(state, target.expect);
  if (refusal) return fail(state, target, refusal);
  const there = linkedAt(state, target);
  if (there !== undefined) return tell(state, { type: 'tell-reached', target, peerId: there });
  if (state.dials.some((other) => leadsToSame(other, target))) return tell(state);
  if (state.dials.length >= MOST_DIALS) {
    return fail(state, target, new P2pError('limit', 'too many peers are dialled at once'));
  }
  return tell({ ...state, dials: [...state.dials, target] }, { type: 'connect', target });
}

function linkedAt(state: LinksState, { host, port, expect }: DialTarget): PeerId | undefined {
  if (expect !== undefined) return state.peers.has(expect) ? expect : undefined;
  const links = [...state.peers.values()].map(({ current }) => current);
  return links.find((link) => link.host === host && link.port === port)?.peerId;
}

function leadsToSame(one: DialTarget, other: DialTarget): boolean {
  if (one.host !== other.host || one.port !== other.port) return false;
  // Whoever is there, one dial finds out; but two who are expected there need a dial each.
  return one.expect === other.expect || one.expect === undefined || other.expect === undefined;
}

function opened(
  state: LinksState,
  link: Link,
  target: DialTarget | undefined,
  now: number,
  random: number,
): LinksStep {
  const close = { type: 'close', link } as const;
  const refusal = refusalOf(state, link.peerId);
  if (refusal && target) return tell(state, close, ...fail(state, target, refusal).effects);
  if (refusal || state.stopping) return tell(state, close);
  const peer = state.peers.get(link.peerId);
  if (peer?.current.instance === link.instance) {
    const { state: next, effects } = openedTwice(state, peer, link, now);
    if (target === undefined) return tell(next, ...effects);
    // Whoever dialled this address, by another name of the same peer perhaps, waits for an answer.
    return tell(next, ...effects, { type: 'tell-reached', target, peerId: link.peerId });
  }
  // Another start of the same peer: whatever its links were, they are stale.
  const before = closePeer(state, link.peerId, 'replaced');
  const { state: next, effects } = settledIn(before.state, link, target, now, random);
  return tell(next, ...before.effects, ...effects);
}

function openedTwice(state: LinksState, peer: LinkedPeer, link: Link, now: number): LinksStep {
  const leads = state.self < link.peerId;
  const wins = isBetter(link, peer, leads, now);
  const loser = wins ? peer.current : link;
  const held = leads ? peer.held : [...peer.held, loser];
  const parting: LinkEffect = { type: leads ? 'drop' : 'hold', link: loser };
  if (!wins) return tell(withPeer(state, { ...peer, held }), parting);
  const next = withPeer(state, { ...peer, current: link, since: now, held });
  return tell(next, parting, { type: 'adopt', link });
}

/** Whether a second link of the same instance is to stay instead of the current one. */
function isBetter(
  link: Link,
  { current, since }: LinkedPeer,
  leads: boolean,
  now: number,
): boolean {
  // Seen from either side, this asks who dialled: the leader's stays.
  const stays = current.dialled === leads;
  if (link.dialled === leads) return !stays;
  // The follower dials again only when it has lost what it had.
  return !stays || now - since > LINK_TIMES.tieMs;
}

function ended(state: LinksState, link: Link, goodbye: boolean, now: number): LinksStep {
  const { peerId } = link;
  const peer = state.peers.get(peerId);
  if (peer === undefined) return tell(state);
  if (peer.current.id !== link.id) {
    return tell(withPeer(state, withoutHeld(peer, link)));
  }
  if (goodbye) {
    // What is held may have ended as well, unread.
    const drops = peer.held.map((held) => ({ type: 'drop', link: held }) as const);
    const down = { type: 'tell-down', peerId, reason: 'stopped' } as const;
    return tell(withoutPeer(state, peerId), ...drops, down);
  }
  const next = peer.held.at(-1);
  if (next !== undefined) {
    const promoted = { ...withoutHeld(peer, next), current: next, since: now };
    return tell(withPeer(state, promoted), { type: 'adopt', link: next });
  }
  return tell(withoutPeer(state, peerId), { type: 'tell-down', peerId, reason: 'lost' });
}

function holdExpired(state: LinksState, link: Link): LinksStep {
  const peer = state.peers.get(link.peerId);
  if (!peer?.held.some(({ id }) => id === link.id)) return tell(state);
  return tell(withPeer(state, withoutHeld(peer, link)), { type: 'drop', link });
}

function closePeer(state: LinksState, peerId: PeerId, reason: DownReason): LinksStep {
  const peer = state.peers.get(peerId);
  if (peer === undefined) return tell(state);
  return tell(withoutPeer(state, peerId), ...closing(peer), { type: 'tell-down', peerId, reason });
}

function refuse(state: LinksState, peers: readonly PeerId[]): LinksStep {
  const refused = new Set(peers);
  let next = tell({ ...state, refused });
  for (const peerId of refused) {
    const closed = closePeer(next.state, peerId, 'blocked');
    next = tell(closed.state, ...next.effects, ...closed.effects);
  }
  return next;
}

/** Nothing is told: who stops its mesh knows. */
function stop(state: LinksState): LinksStep {
  const all = [...state.peers.values()].flatMap(closing);
  return tell({ ...state, peers: new Map(), stopping: true }, ...all);
}

function closing({ current, held }: LinkedPeer): readonly LinkEffect[] {
  return [current, ...held].map((link) => ({ type: 'close', link }));
}

function settled(state: LinksState, target: DialTarget | undefined): LinksState {
  return target ? { ...state, dials: state.dials.filter((other) => other !== target) } : state;
}
