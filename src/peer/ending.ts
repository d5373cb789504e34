/** The end of a peer, step by step: one that fails is told of, and keeps none of the others from being done. */
import { P2pError, toRecord } from '#src/domain/errors.js';
import type { PeerEvent } from './events.js';

type Step = () => void | Promise<void>;

export async function inOrder(
  steps: readonly Step[],
  failed: (error: unknown) => void,
): Promise<void> {
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failed(error);
    }
  }
}

export function endingError(error: unknown): PeerEvent {
  const { code, message } = toRecord(error);
  return { type: 'error', code, message: `Something failed at the end: ${message}` };
}

/** What the disk refuses before a peer lives is the data folder's failure, whichever file it was. */
export function startingError(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || 'address' in error) return error;
  const message = `the data folder cannot be used: ${error.message}`;
  return new P2pError('data-failed', message, { cause: error });
}
