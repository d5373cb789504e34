/** The methods of a peer that are about other peers: who is there, and what the user thinks of them. */
import type { Peer } from '#src/peer/api.js';
import { checkPeer, checkPeersOptions } from '#src/peer/arguments.js';
import { peerRows } from '#src/peer/network/others.js';
import type { Inbox } from '#src/peer/sends/inbox.js';
import { blockPeer, forgetPeer, type Trusting, trustPeer, unblockPeer } from './trusting.js';

type Methods = Pick<Peer, 'peers' | 'trust' | 'block' | 'unblock' | 'forget'>;

type WithOffers = { readonly offers: { readonly inbox: Pick<Inbox, 'trusted'> } };

/** @param life tells whether the peer is still there: once it ends nothing is written any more. */
export function trustMethods(parts: Trusting & WithOffers, life: { requireOpen(): void }): Methods {
  const saying =
    (name: keyof Methods, put: typeof trustPeer): Methods['trust'] =>
    async (peer) => {
      checkPeer(peer, name);
      life.requireOpen();
      return put(peer, parts);
    };
  return {
    peers(options = {}) {
      checkPeersOptions(options);
      return peerRows(parts, options.blocked === true);
    },
    trust: saying('trust', async (peer) => {
      const row = await trustPeer(peer, parts);
      parts.offers.inbox.trusted(row.peerId);
      return row;
    }),
    block: saying('block', blockPeer),
    unblock: saying('unblock', unblockPeer),
    forget: saying('forget', forgetPeer),
  };
}
