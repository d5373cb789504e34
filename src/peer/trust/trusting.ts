/** What the user says of other peers, and what follows: who gets no link any more, who is preferred, who is told. */
import { P2pError } from '#src/domain/errors.js';
import { type Acquaintance, namesakes, type TrustState } from '#src/domain/peers/trust.js';
import { printable } from '#src/domain/printable.js';
import type { PeerEvent } from '#src/peer/events.js';
import {
  describedPeer,
  type NamedPeer,
  peerCalled,
  shortPeerId,
  tooShort,
} from '#src/peer/network/naming.js';
import type { Neighbours } from '#src/peer/network/neighbours.js';
import { type Others, otherCalled, peerRows } from '#src/peer/network/others.js';
import type { PeerRow } from '#src/peer/rows.js';
import { type Court, enforceRefusals } from './court.js';

export type Trusting = Court &
  Others & {
    readonly neighbours: Pick<Neighbours, 'block' | 'trust' | 'reach' | 'lines'>;
  };

/** @throws P2pError `not-found`, `ambiguous`, `self`, `data-failed` */
export async function trustPeer(word: string, parts: Trusting): Promise<PeerRow> {
  return put(otherCalled(word, parts), 'trusted', parts);
}

/** @throws P2pError `not-found`, `ambiguous`, `self`, `data-failed` */
export async function blockPeer(word: string, parts: Trusting): Promise<PeerRow> {
  return put(otherCalled(word, parts), 'blocked', parts);
}

/** @throws P2pError `not-found`, `ambiguous`, `self`, `data-failed` */
export async function forgetPeer(word: string, parts: Trusting): Promise<PeerRow> {
  return put(otherCalled(word, parts), 'unknown', parts);
}

/** @throws P2pError `not-found`, `ambiguous`, `data-failed` */
export async function unblockPeer(word: string, parts: Trusting): Promise<PeerRow> {
  const refused = peerRows(parts, true);
  const peer = peerCalled(word, refused);
  if (peer !== undefined) {
    if (parts.bans.pardon(peer.peerId)) await endBan(parts);
    const state = parts.trust.stateOf(peer.peerId);
    return put(peer, state === 'blocked' ? 'unknown' : state, parts);
  }
  const nobody = `nobody called ${printable(word)} is blocked: \`peers --blocked\` shows who is`;
  throw new P2pError('not-found', tooShort(word, refused) ?? nobody);
}

/** A ban has ended by the user's word. @throws P2pError `data-failed` */
async function endBan(parts: Trusting): Promise<void> {
  enforceRefusals(parts);
  try {
    await parts.bans.save();
  } catch (cause) {
    const why = `The ban is over until this peer ends, and could not be written: ${(cause as Error).message}`;
    throw new P2pError('data-failed', why, { cause });
  }
}

/** One that came up: from now on it is known, and its name is compared with those of others. */
export function meetPeer(peer: NamedPeer, parts: Trusting): void {
  const { peerId, name, host, port } = peer;
  const { trust, outlet } = parts;
  for (const other of namesakes(peer, trust.all)) {
    if (!trust.mayWarn(name, performance.now())) continue;
    outlet.tell({ type: 'notice', code: 'changed-key', message: warning(peer, other) });
  }
  const before = trust.all.find((row) => row.peerId === peerId);
  trust.set({ peerId, name, host, port, state: before?.state ?? 'known' });
  if (before === undefined) outlet.tell({ type: 'trust-changed', peerId, name, state: 'known' });
  if (before?.name === name && before.host === host && before.port === port) return;
  trust.save().catch((error: Error) => outlet.tell(saveError(error)));
}

/** It holds at once, and is answered when the file says so. */
async function put(peer: NamedPeer, state: TrustState, parts: Trusting): Promise<PeerRow> {
  const { trust, outlet } = parts;
  const { peerId, name, host, port } = peer;
  const before = trust.stateOf(peerId);
  if (state === 'unknown') trust.forget(peerId);
  else trust.set({ peerId, state, name, host, port });
  if (before !== state) {
    enforce(before, state, parts);
    outlet.tell({ type: 'trust-changed', peerId, name, state });
  }
  try {
    await trust.save();
  } catch (cause) {
    const error = cause as Error;
    throw new P2pError('data-failed', saveError(error).message, { cause });
  }
  const line = parts.neighbours.lines().find((row) => row.peerId === peerId);
  return { peerId, name, host, port, state: line?.state ?? 'down', trust: state };
}

function enforce(before: TrustState, after: TrustState, parts: Trusting): void {
  const { crew, trust, neighbours } = parts;
  if (before === 'trusted' || after === 'trusted') {
    crew.send('mesh', { type: 'trust', peers: trust.trusted });
    neighbours.trust(trust.trusted);
  }
  if (before === 'blocked' || after === 'blocked') enforceRefusals(parts);
}

function warning(peer: NamedPeer, other: Acquaintance): string {
  const whose = `the trusted ${describedPeer(other)}`;
  return `${describedPeer(peer)} comes under the name of ${whose}, with another key: it may be anybody. Ask whose it is, or \`block ${shortPeerId(peer.peerId)}\``;
}

function saveError(error: Error): Extract<PeerEvent, { type: 'error' }> {
  const message = `Who is trusted and blocked could not be written, and holds until this peer ends: ${error.message}`;
  return { type: 'error', code: 'data-failed', message };
}
