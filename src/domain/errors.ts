/**
 * Every failure a user can meet: its code, the sentence that says what happened and what to do, and the
 * exit code it leads to where it ends the program. Match on `code`, never on text or class.
 */

/** sysexits.h: EX_USAGE, EX_UNAVAILABLE, EX_SOFTWARE, EX_IOERR. */
export const EXIT = { usage: 64, unavailable: 69, software: 70, io: 74 } as const;

/** Each is a name that programs may match on, and the page has a sentence for it in each language but English. */
export const ERROR_CODES = [
  // The command line, the settings, the commands.
  'usage',
  'config',
  'unknown-command',
  // What the machine refuses.
  'port-busy',
  'ui-port-busy',
  'address-unavailable',
  'data-in-use',
  'data-failed',
  // A folder that is to be written to and cannot be made.
  'folder-unavailable',
  // Shares and names.
  'bad-name',
  'not-found',
  'ambiguous',
  'unreadable',
  'changed',
  'too-large',
  // Downloads.
  'no-sources',
  'timed-out',
  'disk-full',
  'denied',
  'cancelled',
  // Its sender has taken it back, or has it no more.
  'withdrawn',
  'exists',
  'io',
  // Other peers.
  'unreachable',
  // It is not here, and what was for it now was not kept.
  'offline',
  // It takes no more for now: no more messages, or no more links.
  'full',
  // It is reached, and next to nothing gets through this way.
  'crawling',
  'protocol',
  'hostile',
  'version',
  'identity',
  'refused',
  // By the user here, or for what it sent.
  'blocked',
  // It has another network key than we, or only one of us has one.
  'network',
  // What was dialled is this peer itself.
  'self',
  'limit',
  // Ourselves.
  'actor-failed',
  'gave-up',
  'closed',
  'damaged',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

const CODES: ReadonlySet<unknown> = new Set(ERROR_CODES);

/** As against a code of the system (`ENOSPC`), or none. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return CODES.has(code);
}

/** Of the system: no room on a disk, or none left for its user. */
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/** @param code of a file that could not be read or written: what the system calls by a name of its own is `disk-full` or `io`. */
export function ownCode(code: string): ErrorCode {
  if (isErrorCode(code)) return code;
  return NO_ROOM.has(code) ? 'disk-full' : 'io';
}

/** A failure as plain data: what crosses threads, where an Error would lose its fields. */
export type ErrorRecord = { readonly code: string; readonly message: string };

/** The one error class. `message` is the sentence the user reads; `cause` is what lies beneath. */
export class P2pError extends Error {
  override readonly name = 'P2pError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** @returns the failure as plain data; a system error keeps its code (`ENOSPC`). */
export function toRecord(error: unknown): ErrorRecord {
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    return { code: typeof code === 'string' ? code : 'actor-failed', message: error.message };
  }
  return { code: 'actor-failed', message: String(error) };
}
