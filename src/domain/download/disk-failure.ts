/** What a failure of our own disk is called, and the sentence a user reads of it: not the system's, which names handles. */
import type { ErrorRecord } from '#src/domain/errors.js';

type DiskFailure = 'disk-full' | 'denied' | 'io';

const SENTENCES: Record<DiskFailure, string> = {
  'disk-full':
    'The disk is full: make room, then `resume` it or ask for it again; what arrived is kept',
  denied: 'The system refuses to write there: look who may, then `resume` it or ask for it again',
  io: 'The disk failed: ask for it again, and look after the disk if that goes on',
};

/** A folder went away, or is one like /proc that nothing can be put into. */
const NO_PLACE =
  'There is no folder to write to any more, or nothing can be made in it: make it, then `resume` it or ask for it again';

/** Codes of the system, as against ours, which come with a sentence of their own. */
const SYSTEM_CODE = /^E[A-Z0-9]+$/;

/** More than was offered, or nothing any more, is its sender's doing, and no failure of the disk. */
const OF_ITS_SENDER = new Set(['too-large', 'withdrawn']);

const TOO_MANY = new Set(['EMFILE', 'ENFILE']);

/** `isGone`: of what was staged nothing need be there any more. */
export type Failure = ErrorRecord & { readonly isGone?: true };

/** @returns the word for the user that a failure of our own disk comes to. */
export function failureOf({ code }: ErrorRecord): DiskFailure {
  switch (code) {
    case 'disk-full':
    case 'ENOSPC':
    case 'EDQUOT':
      return 'disk-full';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'denied';
    default:
      return 'io';
  }
}

export function sentenceOf(error: ErrorRecord): string {
  const { code, message } = error;
  if (!SYSTEM_CODE.test(code)) return message;
  if (TOO_MANY.has(code)) return `Too many files are open here: ask for it again later (${code}).`;
  if (code === 'ENOENT') return `${NO_PLACE} (${code}).`;
  return `${SENTENCES[failureOf(error)]} (${code}).`;
}

/** What a download that our own disk ended is told to have failed of. */
export function ofOurDisk(error: ErrorRecord): Failure {
  const code = OF_ITS_SENDER.has(error.code) ? error.code : failureOf(error);
  const failure = { code, message: sentenceOf(error) };
  return error.code === 'ENOENT' ? { ...failure, isGone: true } : failure;
}
