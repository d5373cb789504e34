/** The methods of a peer that are about its transfers: what is fetched, what is received, what is sent. */
import type { Priority } from '#src/domain/send/transfer.js';
import type { Peer, WhichTransfers } from '#src/peer/api.js';
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

type Rows = readonly TransferRow[];

/** All there are. */
type All = Exclude<WhichTransfers, string>;

type Methods = Pick<
  Peer,
  'download' | 'transfers' | 'pause' | 'resume' | 'cancel' | 'prioritize' | 'limit'
>;

/** @param life tells whether the peer is still there: once it ends nothing is changed any more. */
export function transferMethods(parts: Parts, life: { requireOpen(): void }): Methods {
  return {
    download: (word, options = {}) => download(parts, word, options),
    async transfers(transfer) {
      if (transfer !== undefined) checkTransfer(transfer, 'transfers');
      life.requireOpen();
      const rows = await allRows(parts);
      if (transfer === undefined) return rows;
      return transfersCalled(transfer, rows).map((row) => withFailed(parts, row));
    },
    async pause(which) {
      checkTransfers(which, 'pause');
      life.requireOpen();
      return typeof which === 'string' ? pause(parts, which) : pauseAll(parts, which);
    },
    async resume(which) {
      checkTransfers(which, 'resume');
      life.requireOpen();
      return typeof which === 'string' ? resume(parts, which) : resumeAll(parts, which);
    },
    async cancel(transfer) {
      checkTransfer(transfer, 'cancel');
      life.requireOpen();
      return cancel(parts, transfer);
    },
    limit(kind, rate) {
      checkLimit(kind, rate);
      life.requireOpen();
      parts.limits.set([kind], rate === 'auto' ? undefined : rate);
      return parts.limits.current;
    },
    async prioritize(transfer, priority) {
      checkTransfer(transfer, 'prioritize');
      checkPriority(priority);
      life.requireOpen();
      return prioritize(parts, transfer, priority);
    },
  };
}

function download({ downloads, offers }: Parts, ...asked: Parameters<Downloads['download']>) {
  const receives = offers.receiving.control;
  const fetched = downloads.download(...asked);
  // What its user asks for by name, another place for it say, may be something that he accepted.
  fetched.progress.subscribe((event) => {
    if (event.type === 'download-started') receives.followContent(event.id);
  });
  fetched.catch(({ trouble }: Partial<DownloadError>) => {
    if (trouble !== undefined) receives.failedAgain(trouble);
  });
  return fetched;
}

async function pauseAll({ downloads, offers }: Parts, which: All): Promise<Rows> {
  return [...(await downloads.control.pause(which)), ...(await offers.sends.control.turnAll(true))];
}

async function pause(parts: Parts, word: string): Promise<Rows> {
  const send = await sendCalled(parts, word);
  if (send !== undefined) return parts.offers.sends.control.pause(send);
  return meant(parts, word, parts.downloads.control.pause(word));
}

async function resumeAll(parts: Parts, which: All): Promise<Rows> {
  return [
    ...(await fetchAgain(parts, which)),
    ...(await parts.offers.sends.control.turnAll(false)),
  ];
}

async function resume(parts: Parts, word: string): Promise<Rows> {
  const { control } = parts.downloads;
  const sends = parts.offers.sends.control;
  const receives = parts.offers.receiving.control;
  if (await control.has(word)) return fetchAgain(parts, word);
  const send = sends.called(word);
  if (send !== undefined) {
    return [...(await sends.resume(send)), ...((await sends.again(word)) ?? [])];
  }
  const received = receives.resume(word);
  if (received.length > 0) return received;
  const again = (await sends.again(word)) ?? (await receives.again(word));
  if (again.length > 0) return again;
  sends.refuseOver(word);
  return meant(parts, word, control.resume(word));
}

async function cancel(parts: Parts, word: string): Promise<TransferRow> {
  const { control } = parts.downloads;
  const sends = parts.offers.sends.control;
  const receives = parts.offers.receiving.control;
  if (await control.has(word)) {
    const row = await control.cancel(word);
    receives.forget(row);
    return row;
  }
  const send = sends.called(word);
  if (send !== undefined) return sends.cancel(send);
  return receives.cancel(word) ?? meant(parts, word, control.cancel(word));
}

async function prioritize(parts: Parts, word: string, priority: Priority): Promise<TransferRow> {
  const send = await sendCalled(parts, word);
  if (send !== undefined) return parts.offers.sends.control.prefer(send, priority);
  return meant(parts, word, parts.downloads.control.prefer(word, priority));
}

async function fetchAgain({ downloads, offers }: Parts, which: string | All): Promise<Rows> {
  const rows = await downloads.control.resume(which);
  offers.receiving.control.follow(rows);
  return rows;
}

/** What is fetched comes before what is sent, where both are called so. */
async function sendCalled({ downloads, offers }: Parts, word: string) {
  return (await downloads.control.has(word)) ? undefined : offers.sends.control.called(word);
}

/** Waits for what is done to a transfer that is called so. */
async function meant<T>(parts: Parts, word: string, done: Promise<T>): Promise<T> {
  try {
    return await done;
  } catch (error) {
    throw hinted(error, word, await allRows(parts));
  }
}

async function allRows({ downloads, offers }: Parts): Promise<Rows> {
  const down = offers.receiving.control.rowsWith(await downloads.control.rows());
  return [...down, ...(await offers.sends.transfersNow())];
}

function withFailed({ offers }: Parts, row: TransferRow): TransferRow {
  const of = row.direction === 'up' ? offers.sends : offers.receiving.control;
  return { ...row, failedFiles: row.failed === 0 ? [] : of.failedFiles(row) };
}
