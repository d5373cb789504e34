/** The methods of a peer that are about its transfers. */
import type { Peer } from './api.js';
import { checkLimit, checkPriority, checkTransfer, checkTransfers } from './arguments.js';
import type { Downloads } from './downloads.js';
import type { Limits } from './limits.js';
import type { Offers } from './offers.js';

type Parts = {
  readonly downloads: Downloads;
  readonly offers: Offers;
  readonly limits: Limits;
};

type Methods = Pick<Peer, 'transfers' | 'pause' | 'resume' | 'cancel' | 'prioritize' | 'limit'>;

/** @param life tells whether the peer is still there: once it ends nothing is changed any more. */
export function transferMethods(
  { downloads: { control }, offers: { sends }, limits }: Parts,
  life: { requireOpen(): void },
): Methods {
  return {
    async transfers() {
      life.requireOpen();
      return [...(await control.rows()), ...sends.transfers];
    },
    async pause(which) {
      checkTransfers(which, 'pause');
      life.requireOpen();
      return control.pause(which);
    },
    async resume(which) {
      checkTransfers(which, 'resume');
      life.requireOpen();
      return control.resume(which);
    },
    async cancel(transfer) {
      checkTransfer(transfer, 'cancel');
      life.requireOpen();
      const send = (await control.has(transfer)) ? undefined : sends.called(transfer);
      return send === undefined ? control.cancel(transfer) : sends.cancel(send);
    },
    limit(kind, rate) {
      checkLimit(kind, rate);
      life.requireOpen();
      limits.set([kind], rate === 'auto' ? undefined : rate);
      return limits.current;
    },
    async prioritize(transfer, priority) {
      checkTransfer(transfer, 'prioritize');
      checkPriority(priority);
      life.requireOpen();
      return control.prefer(transfer, priority);
    },
  };
}
