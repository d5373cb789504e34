/** What could not be sent any more, as it was gone: it may be back when its user looks at it again. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { printable } from '#src/domain/printable.js';
import { sendTransferId } from '#src/domain/send/transfer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';

/** A disk that hangs does not hold up the list of all. */
const MOST_MS = 200;

type Coded = { readonly code?: unknown };

/** @param error why it cannot be sent; the hasher's own word is the cause of what its job fails with. */
export function isGone(error: unknown): boolean {
  const { code, cause } = error as Coded & { readonly cause?: Coded };
  return code === 'not-found' || cause?.code === 'not-found';
}

/** @returns its rows, with what can be done where it is there again. */
export async function rowsNow(
  record: SendRecord,
  rows: readonly TransferRow[],
): Promise<readonly TransferRow[]> {
  const { failure, isOpen, isGone: wasGone } = record;
  if (isOpen || failure === undefined || wasGone !== true) return rows;
  const back = await Promise.race([isBack(record), setTimeout(MOST_MS, false, { ref: false })]);
  if (!back) return rows;
  const what = `${printable(record.path)} is there again`;
  const message = `${what}: \`resume ${sendTransferId(record.offerId)}\` goes on sending it`;
  const isStale = ({ why }: TransferRow) => why?.message === failure;
  return rows.map((row) => (isStale(row) ? { ...row, why: { code: 'changed', message } } : row));
}

/** Of several one is enough: it goes on without the others. */
async function isBack({ path, parts = [path] }: SendRecord): Promise<boolean> {
  const readable = (one: string) =>
    access(one, constants.R_OK).then(
      () => true,
      () => false,
    );
  return (await Promise.all(parts.map(readable))).includes(true);
}
