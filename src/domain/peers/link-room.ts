/**
 * How many links there are at most, and who gets a place where all are taken. A link costs memory, pings and a catalogue
 * each way, so a network of a thousand is not a thousand links: most are of acquaintances, who come as there is room. Who
 * is kept (trusted, added by hand, needed) or is a neighbour in the mesh takes the place of an acquaintance, who is chosen at
 * random, so that nobody chooses whom we lose. Whoever else comes beyond the bound is a guest for a moment: time enough
 * to become a neighbour. No catalogue is told to a guest: most of them bring one word of the mesh and have to go.
 */
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import type { DialTarget } from './link-news.js';
import {
  fail,
  type Link,
  type LinkEffect,
  type LinkedPeer,
  type LinksState,
  type LinksStep,
  tell,
  withoutPeer,
  withPeer,
} from './links-state.js';

/** As many as may become neighbours by asking (5), and some who ask in vain at the same time. */
export const SPARE_LINKS = 8;

/** Who comes as a neighbour asks with his first words; a round trip over a bad wireless link, several times over. */
export const GUEST_MS = 5000;

/** A peer that had no link until now. */
export function settledIn(
  state: LinksState,
  link: Link,
  target: DialTarget | undefined,
  now: number,
  random: number,
): LinksStep {
  const place = placeFor(state, link, random);
  if (place.as === 'none') {
    const full = new P2pError('full', 'there is no place for another link');
    const failing = target === undefined ? [] : fail(state, target, full).effects;
    return tell(state, { type: 'turn-out', link }, ...failing);
  }
  const freed = turnOut(state, place.instead);
  const isGuest = place.as === 'guest';
  const next = withPeer(freed.state, { current: link, since: now, held: [], isGuest });
  const arriving: LinkEffect[] = [
    { type: 'tell-up', link },
    { type: 'adopt', link },
  ];
  if (isGuest) arriving.push({ type: 'await-place', peerId: link.peerId });
  return tell(next, ...freed.effects, ...arriving);
}

/** Those of these peers who may have come beyond the bound, and come before others no more, are guests again. */
export function favouredNoMore(state: LinksState, peers: readonly PeerId[]): LinksStep {
  let next = state;
  const effects: LinkEffect[] = [];
  for (const peerId of peers) {
    const peer = next.peers.get(peerId);
    const isSpare = next.peers.size > next.most && !isFavoured(next, peerId);
    if (peer === undefined || peer.isGuest === true || !isSpare) continue;
    next = withPeer(next, { ...peer, isGuest: true });
    effects.push({ type: 'await-place', peerId });
  }
  return tell(next, ...effects);
}

/** A guest has had its time: it stays, or it goes. */
export function guestExpired(state: LinksState, peerId: PeerId, random: number): LinksStep {
  const guest = state.peers.get(peerId);
  if (guest?.isGuest !== true) return tell(state);
  const place = placeOfGuest(state, guest, random);
  if (place.as === 'none') return turnOut(state, guest);
  const freed = turnOut(state, place.instead);
  const next = withPeer(freed.state, { ...guest, isGuest: false });
  return tell(next, ...freed.effects, { type: 'adopt', link: guest.current });
}

/** Takes the place of a peer, if of any. */
function turnOut(state: LinksState, peer: LinkedPeer | undefined): LinksStep {
  if (peer === undefined) return tell(state);
  const { peerId } = peer.current;
  const drops = peer.held.map((link) => ({ type: 'drop', link }) as const);
  return tell(withoutPeer(state, peerId), { type: 'turn-out', link: peer.current }, ...drops, {
    type: 'tell-down',
    peerId,
    reason: 'full',
  });
}

/** The other end has no place for a link any more. */
export function turnedOut(state: LinksState, link: Link): LinksStep {
  const { peerId } = link;
  const peer = state.peers.get(peerId);
  if (peer?.current.id !== link.id) return tell(state, { type: 'drop', link });
  const drops = [link, ...peer.held].map((one) => ({ type: 'drop', link: one }) as const);
  return tell(withoutPeer(state, peerId), ...drops, { type: 'tell-down', peerId, reason: 'full' });
}

/** `resident`: it stays. `guest`: looked at again after `GUEST_MS`. `instead`: who makes room for it. */
type Place =
  | { readonly as: 'resident' | 'guest'; readonly instead?: LinkedPeer }
  | { readonly as: 'none' };

/** @param random in [0, 1). @returns the place of a peer that had no link, of which this one has just come up. */
function placeFor(state: LinksState, { peerId, dialled }: Link, random: number): Place {
  const count = state.peers.size;
  if (count < state.most) return { as: 'resident' };
  const hasSpare = count < state.most + SPARE_LINKS;
  if (isFavoured(state, peerId)) {
    const resident = acquaintance(state, false, random);
    const instead = resident ?? (hasSpare ? undefined : acquaintance(state, true, random));
    if (instead !== undefined) return { as: 'resident', instead };
    return hasSpare ? { as: 'resident' } : { as: 'none' };
  }
  if (hasSpare) return { as: 'guest' };
  // We dial beyond the bound for the mesh alone, or by hand: strangers who fill what is spare do not stop that.
  const instead = dialled ? acquaintance(state, true, random) : undefined;
  return instead === undefined ? { as: 'none' } : { as: 'guest', instead };
}

/** @returns what becomes of a guest after `GUEST_MS`: it stays, for another one perhaps, or it has to go. */
function placeOfGuest(state: LinksState, guest: LinkedPeer, random: number): Place {
  if (state.peers.size <= state.most) return { as: 'resident' };
  const { peerId } = guest.current;
  if (!isFavoured(state, peerId)) return { as: 'none' };
  const instead = acquaintance(state, false, random);
  return instead === undefined ? { as: 'resident' } : { as: 'resident', instead };
}

function isFavoured({ kept, neighbours }: LinksState, peer: PeerId): boolean {
  return kept.has(peer) || neighbours.has(peer);
}

/** @returns one of those who may lose their place: of the guests, or of the others, whose places guests do not take. */
function acquaintance(
  state: LinksState,
  ofGuests: boolean,
  random: number,
): LinkedPeer | undefined {
  const all = [...state.peers].filter(
    ([peer, { isGuest = false }]) => isGuest === ofGuests && !isFavoured(state, peer),
  );
  return all[Math.floor(random * all.length)]?.[1];
}
