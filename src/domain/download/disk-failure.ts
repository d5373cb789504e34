/** What a failure of our own disk is called, and the sentence a user reads of it: not the system's, which names handles. */
import type { ErrorRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';

type DiskFailure = 'disk-full' | 'denied' | 'io';

/** What can be done beside mending it, and what is lost by that: nothing. */
const ELSEWHERE = 'or put it elsewhere with `download NAME --to DIR`; what arrived is kept';

/** @param where the folder it is to be put in, where that is known */
const SENTENCES: Record<DiskFailure, (where: string | undefined) => string> = {
  'disk-full': (where) =>
    `The disk${where === undefined ? '' : ` of ${where}`} is full: make room, then \`resume\` it or ask for it again, ${ELSEWHERE}`,
  denied: (where = 'Its folder') =>
    `${where} may not be written to by this user: allow that, then \`resume\` it or ask for it again, ${ELSEWHERE}`,
  io: (where) =>
    `The disk${where === undefined ? '' : ` of ${where}`} failed: ask for it again, and look after the disk if that goes on`,
};

/** A folder went away, or is one like /proc that nothing can be put into. */
function noPlace(where = 'Its folder'): string {
  return `${where} is there no more, or nothing can be made in it: make it, then \`resume\` it or ask for it again`;
}

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

/** @param folder it is to be put in, where that is known. @returns one line, as a user reads it. */
export function sentenceOf(error: ErrorRecord, folder?: string): string {
  const { code, message } = error;
  const where = folder === undefined ? undefined : printable(folder);
  if (!SYSTEM_CODE.test(code)) return message;
  if (TOO_MANY.has(code)) return `Too many files are open here: ask for it again later (${code}).`;
  if (code === 'ENOENT') return `${noPlace(where)} (${code}).`;
  return `${SENTENCES[failureOf(error)](where)} (${code}).`;
}

/** What a download that our own disk ended is told to have failed of. @param folder as for `sentenceOf` */
export function ofOurDisk(error: ErrorRecord, folder?: string): Failure {
  const code = OF_ITS_SENDER.has(error.code) ? error.code : failureOf(error);
  const failure = { code, message: sentenceOf(error, folder) };
  return error.code === 'ENOENT' ? { ...failure, isGone: true } : failure;
}
