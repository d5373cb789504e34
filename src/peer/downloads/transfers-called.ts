/** Which transfers a word of the user's means: those of that name, or whose id begins so. */
import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import { SHORTEST_PREFIX } from '#src/peer/network/naming.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import { meantBy } from './transfer-hint.js';

/** @param word as it is shown of a transfer, or more of its content's id. @throws P2pError `not-found` */
export function transfersCalled(
  word: string,
  rows: readonly TransferRow[],
): readonly TransferRow[] {
  const named = rows.filter(({ name }) => name === word);
  if (named.length > 0) return named;
  const prefix = word.toLowerCase();
  const found = rows.filter(
    ({ transferId, id }) =>
      prefix.length >= SHORTEST_PREFIX &&
      (transferId.startsWith(prefix) || id?.startsWith(prefix) === true),
  );
  if (found.length > 0) return found;
  const meant = meantBy(word, rows);
  const mend = meant === undefined ? '`transfers` lists them' : `did you mean ${meant}?`;
  const why = `no transfer is called ${printable(word)}: ${mend}`;
  throw new P2pError('not-found', why);
}
