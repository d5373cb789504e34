/** Which transfer was meant by a word that none is called: nobody types `photos and 12 more` to the end. Pure. */
import { P2pError, toRecord } from '#src/domain/errors.js';
import { nearest } from '#src/domain/nearest.js';
import { printable } from '#src/domain/printable.js';
import type { TransferRow, TransferState } from '#src/peer/transfer-rows.js';

type Row = Pick<TransferRow, 'name' | 'transferId' | 'state'>;

/** More of them is a list, which `transfers` shows. */
const MOST = 3;

const OVER: ReadonlySet<TransferState> = new Set<TransferState>(['completed', 'cancelled']);

/** @returns the same error; where nothing is called so, with what may have been meant: nothing is done to it unasked. */
export function hinted(error: unknown, word: string, rows: readonly Row[]): unknown {
  if (toRecord(error).code !== 'not-found') return error;
  const open = rows.filter(({ state }) => !OVER.has(state));
  const typed = word.toLowerCase();
  const near = nearest(
    word,
    open.map(({ name }) => name),
  );
  const like = open.filter(({ name }) => name.toLowerCase().startsWith(typed) || name === near);
  if (like.length === 0) return error;
  const named = like.slice(0, MOST).map((row) => `${row.transferId} (${printable(row.name)})`);
  return new P2pError(
    'not-found',
    `nothing unfinished is called ${printable(word)}: did you mean ${named.join(' or ')}?`,
  );
}
