/** What the rules of links hold, hear and want done; and how the links of one peer are changed. */
import { type ErrorRecord, type P2pError, toRecord } from '#src/domain/errors.js';
import type { Instance, PeerId } from '#src/domain/ids.js';
import type { DialTarget, DownReason } from './link-news.js';

export type LinkId = number;

/** A proven connection; `host` and `port` are where its peer can be dialled. */
export type Link = {
  readonly id: LinkId;
  readonly peerId: PeerId;
  readonly instance: Instance;
  readonly dialled: boolean;
  readonly host: string;
  readonly port: number;
};

/** A peer that is linked. */
export type LinkedPeer = {
  readonly current: Link;
  readonly since: number;
  readonly held: readonly Link[];
  /** It came beyond the bound, and is looked at again. */
  readonly isGuest?: boolean;
};

export type LinksState = {
  readonly self: PeerId;
  readonly refused: ReadonlySet<PeerId>;
  readonly dials: readonly DialTarget[];
  readonly peers: ReadonlyMap<PeerId, LinkedPeer>;
  /** How many may be linked, but for a few who come as neighbours. */
  readonly most: number;
  /** Who comes before acquaintances: trusted, added by hand, or needed. */
  readonly kept: ReadonlySet<PeerId>;
  /** Those in the mesh. */
  readonly neighbours: ReadonlySet<PeerId>;
  readonly stopping: boolean;
};

export type LinkEvent =
  | { readonly type: 'dial'; readonly target: DialTarget }
  | { readonly type: 'dial-failed'; readonly target: DialTarget; readonly error: ErrorRecord }
  /** @param target of the dial that led to it; none when it was accepted. */
  | { readonly type: 'opened'; readonly link: Link; readonly target?: DialTarget }
  | { readonly type: 'ended'; readonly link: Link; readonly goodbye: boolean }
  | { readonly type: 'hold-expired'; readonly link: Link }
  | { readonly type: 'close'; readonly peerId: PeerId; readonly reason: DownReason }
  /** The other end has no place for it. */
  | { readonly type: 'turned-out'; readonly link: Link }
  | { readonly type: 'guest-expired'; readonly peerId: PeerId }
  | { readonly type: 'neighbour'; readonly peerId: PeerId; readonly isOne: boolean }
  /** The whole list of peers that come before others; it replaces the one before. */
  | { readonly type: 'keep'; readonly peers: readonly PeerId[] }
  /** The whole list of peers that get no link; it replaces the one before. */
  | { readonly type: 'refuse'; readonly peers: readonly PeerId[] }
  | { readonly type: 'stop' };

export type LinkEffect =
  | { readonly type: 'connect'; readonly target: DialTarget }
  | { readonly type: 'tell-failed'; readonly target: DialTarget; readonly error: ErrorRecord }
  /** A dial led to a peer that is linked already. */
  | { readonly type: 'tell-reached'; readonly target: DialTarget; readonly peerId: PeerId }
  | { readonly type: 'tell-up'; readonly link: Link }
  | { readonly type: 'tell-down'; readonly peerId: PeerId; readonly reason: DownReason }
  /** Read it and talk on it: it is the link of its peer now. Our catalogue is told to who is no guest, once. */
  | { readonly type: 'adopt'; readonly link: Link }
  /** Do not read it for now; tell `hold-expired` after `holdMs`. */
  | { readonly type: 'hold'; readonly link: Link }
  /** Say goodbye on it and end it. */
  | { readonly type: 'close'; readonly link: Link }
  /** Tell `guest-expired` after `GUEST_MS`. */
  | { readonly type: 'await-place'; readonly peerId: PeerId }
  /** Say that there is no place for it, and end it. */
  | { readonly type: 'turn-out'; readonly link: Link }
  /** End it without a word: its peer has another. */
  | { readonly type: 'drop'; readonly link: Link };

export type LinksStep = { readonly state: LinksState; readonly effects: readonly LinkEffect[] };

/** @param most how many may be linked. */
export function noLinks(
  self: PeerId,
  refused: readonly PeerId[],
  most: number,
  kept: readonly PeerId[],
): LinksState {
  return {
    self,
    refused: new Set(refused),
    dials: [],
    peers: new Map(),
    most,
    kept: new Set(kept),
    neighbours: new Set(),
    stopping: false,
  };
}

/** @returns the link a peer is reached by. */
export function linkOf(state: LinksState, peerId: PeerId): Link | undefined {
  return state.peers.get(peerId)?.current;
}

export function isGuest(state: LinksState, peerId: PeerId): boolean {
  return state.peers.get(peerId)?.isGuest === true;
}

/** The step that leads to a state. */
export function tell(state: LinksState, ...effects: readonly LinkEffect[]): LinksStep {
  return { state, effects };
}

/** The step after a dial that led nowhere. */
export function fail(state: LinksState, target: DialTarget, error: P2pError): LinksStep {
  return tell(state, { type: 'tell-failed', target, error: toRecord(error) });
}

export function withoutHeld(peer: LinkedPeer, link: Link): LinkedPeer {
  return { ...peer, held: peer.held.filter(({ id }) => id !== link.id) };
}

export function withPeer(state: LinksState, peer: LinkedPeer): LinksState {
  return { ...state, peers: new Map(state.peers).set(peer.current.peerId, peer) };
}

export function withoutPeer(state: LinksState, peerId: PeerId): LinksState {
  const peers = new Map(state.peers);
  peers.delete(peerId);
  return { ...state, peers };
}

export function withNeighbour(state: LinksState, peerId: PeerId, isOne: boolean): LinksState {
  const neighbours = new Set(state.neighbours);
  if (isOne) neighbours.add(peerId);
  else neighbours.delete(peerId);
  return { ...state, neighbours };
}
