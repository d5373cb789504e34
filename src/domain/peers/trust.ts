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
 * Names are free, and so is a key: machines of one make have one name, and whoever sets his up anew has another key. It is
 * worth a warning where the user has said whose the name is.
 * @returns those trusted whose name a peer comes under; none where it is trusted itself.
 */
export function namesakes(
  newcomer: { readonly peerId: PeerId; readonly name: string },
  all: readonly Acquaintance[],
): readonly Acquaintance[] {
  const { peerId, name } = newcomer;
  const trusted = all.filter(({ state }) => state === 'trusted');
  if (trusted.some((one) => one.peerId === peerId)) return [];
  return trusted.filter((one) => one.name === name);
}
