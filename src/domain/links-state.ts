/** What the rules of links hold, hear and want done; and how the links of one peer are changed. */
import type { ErrorRecord } from './errors.js';
import type { Instance, PeerId } from './ids.js';
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
};

export type LinksState = {
  readonly self: PeerId;
  readonly refused: ReadonlySet<PeerId>;
  readonly dials: readonly DialTarget[];
  readonly peers: ReadonlyMap<PeerId, LinkedPeer>;
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
  /** Read it and talk on it: it is the link of its peer now. */
  | { readonly type: 'adopt'; readonly link: Link }
  /** Do not read it for now; tell `hold-expired` after `holdMs`. */
  | { readonly type: 'hold'; readonly link: Link }
  /** Say goodbye on it and end it. */
  | { readonly type: 'close'; readonly link: Link }
  /** End it without a word: its peer has another. */
  | { readonly type: 'drop'; readonly link: Link };

export type LinksStep = { readonly state: LinksState; readonly effects: readonly LinkEffect[] };

export function noLinks(self: PeerId, refused: readonly PeerId[]): LinksState {
  return { self, refused: new Set(refused), dials: [], peers: new Map(), stopping: false };
}

/** @returns the link a peer is reached by. */
export function linkOf(state: LinksState, peerId: PeerId): Link | undefined {
  return state.peers.get(peerId)?.current;
}

/** The step that leads to a state. */
export function tell(state: LinksState, ...effects: readonly LinkEffect[]): LinksStep {
  return { state, effects };
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
