/** What can fail, by its code. English is what the peer speaks: only other languages have sentences of their own. */
import { ERROR_CODES } from '#src/domain/errors.js';
import { PAGE_CODES } from '#web/api/failure.js';

/** Why a transfer waits: what is beside failures in `why` of a row (standstill.ts, obstacles.ts, send-progress.ts). */
const WAIT_CODES = ['paused', 'away', 'unanswered', 'rejected', 'settings'] as const;

/** A later peer may have others: they are told in its own words. */
export const FAILURE_CODES = [...ERROR_CODES, ...WAIT_CODES, ...PAGE_CODES] as const;

export type Failures = Readonly<Record<(typeof FAILURE_CODES)[number], string>>;
