/** What a word of the user's means: a name, the beginning of an id, or an address. */

import type { Shared } from '#src/domain/catalogue/share-table.js';
import { P2pError } from '#src/domain/errors.js';
import { hostPortText } from '#src/domain/host-port.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { notShared } from '#src/peer/shares/share-news.js';

/** Fewer characters of an id are more likely a mistake than meant. */
export const SHORTEST_PREFIX = 4;

type Named = { readonly name: string; readonly id: ContentId };

/** @returns those called so; where nobody is, those whose id begins so. */
export function meant<T extends Named>(word: string, all: readonly T[]): readonly T[] {
  const byName = all.filter(({ name }) => name === word);
  if (byName.length > 0) return byName;
  const prefix = word.toLowerCase();
  if (prefix.length < SHORTEST_PREFIX || !/^[0-9a-f]+$/.test(prefix)) return [];
  return all.filter(({ id }) => id.startsWith(prefix));
}

/** @returns the one share of this name, or whose id begins with it. @throws P2pError `not-found`, `ambiguous` */
export function shareCalled(name: string, all: readonly Shared[]): Shared {
  const found = meant(name, all);
  const [share] = found;
  if (share === undefined) throw notShared(name);
  if (found.length > 1) {
    throw new P2pError(
      'ambiguous',
      `${printable(name)} means ${found.length} shares: give more of the id`,
    );
  }
  return share;
}

export type NamedPeer = {
  readonly peerId: PeerId;
  readonly name: string;
  readonly host: string;
  readonly port: number;
};

/** @returns the one of this id; else all of this name, with this address, or whose id begins so: a name proves nothing. */
export function peersMeant<T extends NamedPeer>(word: string, all: readonly T[]): readonly T[] {
  const own = all.filter(({ peerId }) => peerId === word);
  if (own.length > 0) return own;
  const prefix = word.length < SHORTEST_PREFIX ? undefined : word.toLowerCase();
  return all.filter(
    (peer) =>
      (peer.name !== '' && peer.name === word) ||
      hostPortText(peer) === word ||
      (prefix !== undefined && peer.peerId.startsWith(prefix)),
  );
}

/** Named where a word means several: identities are free, and a screen is not. */
const NAMED_PEERS = 10;

/** @returns the one peer that is meant, undefined where nobody is. @throws P2pError `ambiguous` */
export function peerCalled<T extends NamedPeer>(word: string, all: readonly T[]): T | undefined {
  const found = peersMeant(word, all);
  if (found.length <= 1) return found[0];
  const named = found.slice(0, NAMED_PEERS).map(describedPeer).join(', ');
  const more = found.length > NAMED_PEERS ? ` and ${found.length - NAMED_PEERS} more` : '';
  throw new P2pError(
    'ambiguous',
    `${printable(word)} means ${found.length} peers: ${named}${more}; say which by its id`,
  );
}

/** @returns what is wrong with a word that begins somebody's id and is not taken for one. */
export function tooShort(
  word: string,
  all: readonly Pick<NamedPeer, 'peerId'>[],
): string | undefined {
  const prefix = word.toLowerCase();
  if (prefix.length >= SHORTEST_PREFIX || !all.some(({ peerId }) => peerId.startsWith(prefix))) {
    return undefined;
  }
  return `${printable(word)} is too short for an id: give ${SHORTEST_PREFIX} characters of it or more`;
}

/** Its name, the beginning of its id, and where it is. */
export function describedPeer(peer: NamedPeer): string {
  const where = peer.host === '' ? '' : ` at ${hostPortText(peer)}`;
  return `${printable(peer.name)} (${shortPeerId(peer.peerId)})${where}`.trim();
}

/** What people compare: as long as in every table. */
export function shortPeerId(peer: PeerId): string {
  return peer.slice(0, 8);
}
