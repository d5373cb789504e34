/** Who is what to the user of this peer. It goes by the peer's id, which is its key: addresses and names are anybody's. */
import type { PeerId } from '#src/domain/ids.js';

/**
 * `blocked`: the user wants nothing of it; `unknown`: never met; `known`: it was here before, under this key, and
 * nobody looked whose key that is; `trusted`: the user said so.
 */
export type TrustState = 'blocked' | 'unknown' | 'known' | 'trusted';

/** A peer that is not unknown, and as what it was last seen. */
export type Acquaintance = {
  readonly peerId: PeerId;
  readonly state: Exclude<TrustState, 'unknown'>;
  /** Empty where it was never seen. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
};

/**
 * Names are free, and so is a key: what is odd is a name that had another key. A trusted peer's name is worth a
 * warning again and again, that of a known one the first time.
 * @returns whose name a peer comes under, the trusted first; none where that is nothing new.
 */
export function namesakes(
  newcomer: { readonly peerId: PeerId; readonly name: string },
  all: readonly Acquaintance[],
): readonly Acquaintance[] {
  const { peerId, name } = newcomer;
  const before = all.find((one) => one.peerId === peerId);
  if (before?.state === 'trusted') return [];
  const others = all.filter((one) => one.name === name && one.peerId !== peerId);
  const trusted = others.filter(({ state }) => state === 'trusted');
  if (before?.name === name) return trusted;
  return [...trusted, ...others.filter(({ state }) => state === 'known')];
}
