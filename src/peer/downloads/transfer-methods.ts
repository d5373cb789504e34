/** The methods of a peer that are about its transfers: what is fetched, what is received, what is sent. */
import type { Peer } from '#src/peer/api.js';
import { checkLimit, checkPriority, checkTransfer, checkTransfers } from '#src/peer/arguments.js';
import type { Limits } from '#src/peer/limits.js';
import type { Offers } from '#src/peer/sends/offers.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type { DownloadError } from './download-error.js';
import type { Downloads } from './downloads.js';
import { hinted } from './transfer-hint.js';
import { transfersCalled } from './transfers-called.js';

type Parts = {
  readonly downloads: Downloads;
  readonly offers: Offers;
  readonly limits: Limits;
};

type Methods = Pick<
  Peer,
  'download' | 'transfers' | 'pause' | 'resume' | 'cancel' | 'prioritize' | 'limit'
>;

/** @param life tells whether the peer is still there: once it ends nothing is changed any more. */
export function transferMethods(
  { downloads, offers, limits }: Parts,
  life: { requireOpen(): void },
): Methods {
  const { control } = downloads;
  const sends = offers.sends.control;
  const receives = offers.receiving.control;
  /** What is fetched comes before what is sent, where both are called so. */
  const sendCalled = async (word: string) =>
    (await control.has(word)) ? undefined : sends.called(word);

  async function resumed(which: Parameters<Peer['resume']>[0]): Promise<readonly TransferRow[]> {
    const rows = await control.resume(which);
    receives.follow(rows);
    return rows;
  }

  async function allRows(): Promise<readonly TransferRow[]> {
    const down = receives.rowsWith(await control.rows());
    return [...down, ...(await offers.sends.transfersNow())];
  }

  /** Waits for what is done to a transfer that is called so. */
  async function meant<T>(word: string, done: Promise<T>): Promise<T> {
    try {
      return await done;
    } catch (error) {
      throw hinted(error, word, await allRows());
    }
  }

  function withFailed(row: TransferRow): TransferRow {
    const of = row.direction === 'up' ? offers.sends : receives;
    return { ...row, failedFiles: row.failed === 0 ? [] : of.failedFiles(row) };
  }

  return {
    download(word, options = {}) {
      const download = downloads.download(word, options);
      // What its user asks for by name, another place for it say, may be something that he accepted.
      download.progress.subscribe((event) => {
        if (event.type === 'download-started') receives.followContent(event.id);
      });
      download.catch(({ trouble }: Partial<DownloadError>) => {
        if (trouble !== undefined) receives.failedAgain(trouble);
      });
      return download;
    },
    async transfers(transfer) {
      if (transfer !== undefined) checkTransfer(transfer, 'transfers');
      life.requireOpen();
      const rows = await allRows();
      return transfer === undefined ? rows : transfersCalled(transfer, rows).map(withFailed);
    },
    async pause(which) {
      checkTransfers(which, 'pause');
      life.requireOpen();
      if (typeof which !== 'string') {
        return [...(await control.pause(which)), ...(await sends.turnAll(true))];
      }
      const send = await sendCalled(which);
      return send === undefined ? meant(which, control.pause(which)) : sends.pause(send);
    },
    async resume(which) {
      checkTransfers(which, 'resume');
      life.requireOpen();
      if (typeof which !== 'string') {
        return [...(await resumed(which)), ...(await sends.turnAll(false))];
      }
      if (await control.has(which)) return resumed(which);
      const send = sends.called(which);
      if (send !== undefined)
        return [...(await sends.resume(send)), ...((await sends.again(which)) ?? [])];
      const received = receives.resume(which);
      if (received.length > 0) return received;
      const again = (await sends.again(which)) ?? (await receives.again(which));
      if (again.length > 0) return again;
      sends.refuseOver(which);
      return meant(which, control.resume(which));
    },
    async cancel(transfer) {
      checkTransfer(transfer, 'cancel');
      life.requireOpen();
      if (await control.has(transfer)) {
        const row = await control.cancel(transfer);
        receives.forget(row);
        return row;
      }
      const send = sends.called(transfer);
      if (send !== undefined) return sends.cancel(send);
      return receives.cancel(transfer) ?? meant(transfer, control.cancel(transfer));
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
      const send = await sendCalled(transfer);
      if (send !== undefined) return sends.prefer(send, priority);
      return meant(transfer, control.prefer(transfer, priority));
    },
  };
}
