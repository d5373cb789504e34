/** The methods of a peer that are about what is sent: to one, to all, and to this one. */
import type { Peer } from '#src/peer/api.js';
import { checkPaths, checkPeer, checkRef, checkSend, checkText } from '#src/peer/arguments.js';
import { type Others, otherCalled } from '#src/peer/network/others.js';
import type { Offers } from './offers.js';

type Parts = Others & { readonly offers: Offers };

type Methods = Pick<Peer, 'send' | 'sends' | 'offers' | 'accept' | 'reject'>;

/** @param life tells whether the peer is still there. */
export function offerMethods(parts: Parts, life: { requireOpen(): void }): Methods {
  const { sends, inbox } = parts.offers;
  return {
    async send(path, options) {
      checkPaths(path);
      checkSend(options);
      life.requireOpen();
      const { to } = options;
      if (to !== undefined) checkPeer(to, 'send');
      return sends.send(path, to === undefined ? undefined : otherCalled(to, parts), options);
    },
    sends: () => sends.rows,
    offers: () => inbox.rows,
    async accept(offer, options = {}) {
      checkText(offer, 'accept', "an offer's number or id");
      checkRef(options, 'accept');
      life.requireOpen();
      return inbox.accept(offer, options);
    },
    async reject(offer, options = {}) {
      checkText(offer, 'reject', "an offer's number or id");
      checkRef(options, 'reject');
      life.requireOpen();
      return inbox.reject(offer, options.isUnasked === true ? 'settings' : undefined);
    },
  };
}
