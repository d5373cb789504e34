/** What became of a peer whose connection was lost: it has ended, or what answers its terminals was started anew. */
import { isErrorCode, P2pError, toRecord } from '#src/domain/errors.js';
import { answersAgain, type Quiet } from './peer-end.js';

/** One whose main thread does not answer is there, but not for a terminal. */
export const PATIENCE_MS = 30_000;

/** What to tell, and that the connection alone was lost. */
type Loss = { readonly why: unknown; readonly goesOn?: true };

/** What is asked of such a peer has no answer. */
export function lost(cause: unknown): P2pError {
  return new P2pError('offline', 'the peer ended meanwhile', { cause });
}

/**
 * @param error of a command for a peer that had answered before.
 * @param ask asks the peer anything.
 * @param patienceMs of one that is there and does not answer.
 * @returns what to tell: the error itself, unless it is a lost connection.
 */
export async function lossOf(
  error: unknown,
  ask: () => Promise<unknown>,
  quiet: Quiet,
  patienceMs: number,
): Promise<Loss> {
  if (!isLoss(error)) return { why: error };
  if (!(await isThere(ask, quiet, patienceMs))) return { why: lost(error.cause) };
  const mend = 'what became of this is in `p2p ctl transfers` and `p2p ctl status`';
  const message = `the connection to the peer was lost, and the peer goes on: ${mend}`;
  return { why: new P2pError('offline', message, { cause: error.cause }), goesOn: true };
}

/** What a peer says of others who are not here has no cause. */
function isLoss(error: unknown): error is Error & { readonly cause: unknown } {
  return error instanceof Error && toRecord(error).code === 'offline' && error.cause !== undefined;
}

async function isThere(
  ask: () => Promise<unknown>,
  quiet: Quiet,
  patienceMs: number,
): Promise<boolean> {
  try {
    return await answersAgain(ask, AbortSignal.timeout(patienceMs), quiet);
  } catch (error) {
    // It says that it ends.
    if (toRecord(error).code === 'closed') return false;
    // Whatever else it answers, it is there: that it takes no more for now, say.
    if (isAnswer(error)) return true;
    throw error;
  }
}

/** What keeps us from a peer has a cause. */
function isAnswer(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  return isErrorCode(code) && cause === undefined;
}
