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
  const meant = meantBy(
    word,
    rows.filter(({ state }) => !OVER.has(state)),
  );
  if (meant === undefined) return error;
  const why = `nothing unfinished is called ${printable(word)}: did you mean ${meant}?`;
  return new P2pError('not-found', why);
}

/** @returns what may have been meant, as a question asks for it; undefined where nothing is like it. */
export function meantBy(word: string, rows: readonly Row[]): string | undefined {
  const typed = word.toLowerCase();
  const near = nearest(
    word,
    rows.map(({ name }) => name),
  );
  const beginning = rows.filter(({ name }) => name.toLowerCase().startsWith(typed));
  const within = rows.filter(({ name }) => name.toLowerCase().includes(typed) || name === near);
  const like = new Set([...beginning, ...within]);
  const named = [...like].slice(0, MOST).map(shown);
  return named.length === 0 ? undefined : named.join(' or ');
}

function shown({ transferId, name }: Row): string {
  return `${transferId} (${printable(name)})`;
}
