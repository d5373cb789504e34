import { P2pError } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { DownloadTrouble } from '#src/peer/api.js';

/** What a download rejects with: why, how much is here, and what could have been meant. */
export class DownloadError extends P2pError {
  readonly trouble: DownloadTrouble;

  constructor(trouble: DownloadTrouble) {
    super(trouble.code, trouble.message);
    this.trouble = trouble;
  }
}

const cancelled = (why: string) =>
  ({ code: 'cancelled', message: `${why}; what arrived is kept.` }) as const;

export const CLOSED = cancelled('The peer was closed');

/** Nothing of it is there to be kept, and the next start does not know of it. */
export const CLOSED_BEFORE = {
  code: 'cancelled',
  message: 'The peer was closed before it had begun.',
} as const;

export const CANCELLED = cancelled('The download was cancelled');

export const DISCARDED = {
  code: 'cancelled',
  message: 'The download was cancelled, and what had arrived is thrown away.',
} as const;

export function alreadyWhole(name: string, path: string): P2pError {
  return new P2pError('exists', `${printable(name)} is whole already: it is at ${printable(path)}`);
}
