import { type ErrorRecord, EXIT, toRecord } from '#src/domain/errors.js';

/** What was to be done could not be. */
const FAILED = 1;

/** @returns the exit code of a failure that ends the program. */
export function exitCodeOf(error: unknown): number {
  return exitCodeFor(toRecord(error));
}

/** As `exitCodeOf`, of a failure that came from another thread. */
export function exitCodeFor({ code }: ErrorRecord): number {
  switch (code) {
    case 'usage':
    case 'config':
    case 'unknown-command':
    case 'bad-name':
    case 'not-found':
    case 'unreadable':
    case 'ambiguous':
    case 'self':
    case 'exists':
    case 'too-large':
      return EXIT.usage;
    case 'changed':
      return FAILED;
    case 'port-busy':
    case 'ui-port-busy':
    case 'address-unavailable':
    case 'data-in-use':
    case 'folder-unavailable':
    case 'offline':
      return EXIT.unavailable;
    case 'data-failed':
    case 'damaged':
    case 'disk-full':
    case 'io':
      return EXIT.io;
    default:
      return EXIT.software;
  }
}
