/** What a program gives the library, which no compiler may have checked. */
import { P2pError } from '#src/domain/errors.js';
import { QUERY_LIMITS } from '#src/domain/query/query.js';
import { isLimitKind, LIMIT_KINDS } from '#src/domain/rates/limit-schedule.js';
import { LEAST_RATE, MOST_RATE } from '#src/domain/rates/rate.js';
import { isPriority, PRIORITIES } from '#src/domain/send/transfer.js';
import { IgnoreRules } from '#src/io/content/ignore-rules.js';
import type { MessagesOptions } from './api.js';

/** @throws P2pError `usage` */
export function checkText(given: unknown, method: string, wanted: string): void {
  if (typeof given !== 'string') throw wrong(`${method} takes ${wanted}, as text`, given);
}

/** @throws P2pError `usage` */
function checkCount(given: unknown, method: string): void {
  if (Number.isSafeInteger(given) && (given as number) >= 0) return;
  throw wrong(`${method} takes a whole number`, given);
}

/** @returns what is asked for. @throws P2pError `usage` */
export function checkMessages(given: unknown): MessagesOptions {
  if (typeof given === 'number') {
    checkCount(given, 'messages');
    return { count: given };
  }
  if (typeof given !== 'object' || given === null) {
    throw wrong('messages takes how many, or an object of options', given);
  }
  const { with: other, all, count, before } = given as Readonly<Record<string, unknown>>;
  if (other !== undefined) checkPeer(other, 'the option with of messages');
  if (all !== undefined) checkFlag(all, 'the option all of messages');
  if (count !== undefined) checkCount(count, 'the option count of messages');
  if (before !== undefined) checkText(before, 'the option before of messages', 'the id of one');
  if (all === true && other !== undefined) {
    throw new P2pError('usage', 'messages takes one of the options with and all');
  }
  return given;
}

/** @throws P2pError `usage` */
export function checkTell(options: unknown): void {
  checkRef(options, 'tell');
  const { whenBack } = options as Readonly<Record<string, unknown>>;
  if (whenBack !== undefined) checkFlag(whenBack, 'the option whenBack of tell');
}

/** @throws P2pError `usage` */
export function checkSend(options: unknown): void {
  checkRef(options, 'send');
  const { to, whenBack, exclude } = options as Readonly<Record<string, unknown>>;
  if (to !== undefined) checkText(to, 'the option to of send', 'a peer');
  if (exclude !== undefined) checkPatterns(exclude);
  if (whenBack !== undefined) checkFlag(whenBack, 'the option whenBack of send');
}

/** @throws P2pError `usage` */
export function checkPaths(given: unknown): void {
  const paths: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (paths.length === 0) throw new P2pError('usage', 'send takes a path, or several');
  for (const path of paths) checkText(path, 'send', 'a path');
}

/** @throws P2pError `usage` */
export function checkPatterns(given: unknown): void {
  if (!Array.isArray(given)) throw wrong('the option exclude of send takes a list', given);
  for (const one of given) checkText(one, 'the option exclude of send', 'patterns');
  IgnoreRules.excluding(given);
}

/** @param options the last argument of a method. @returns its `ref`. @throws P2pError `usage` */
export function checkRef(options: unknown, method: string): string | undefined {
  if (typeof options !== 'object' || options === null) {
    throw wrong(`the last of ${method} is an object of options`, options);
  }
  const { ref } = options as Readonly<Record<string, unknown>>;
  if (ref === undefined) return undefined;
  checkText(ref, `the option ref of ${method}`, 'a value');
  return ref as string;
}

function checkFlag(given: unknown, what: string): void {
  if (typeof given !== 'boolean') throw wrong(`${what} takes true or false`, given);
}

/** @throws P2pError `usage` */
export function checkHops(given: unknown): void {
  const { mostHops } = QUERY_LIMITS;
  const isSound = Number.isSafeInteger(given) && (given as number) >= 1;
  if (given === undefined || (isSound && (given as number) <= mostHops)) return;
  throw wrong(`topology takes a number of hops from 1 to ${mostHops}`, given);
}

/** @throws P2pError `usage` */
export function checkDownload(word: unknown, options: unknown): void {
  checkText(word, 'download', 'a name or an id');
  if (word === '') throw wrong('download takes a name or an id', word);
  if (typeof options !== 'object' || options === null) {
    throw wrong('the second of download is an object of options', options);
  }
  const { from, to, signal, ref } = options as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries({ from, to, ref })) {
    if (value !== undefined) checkText(value, `the option ${name} of download`, 'a value');
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrong('the option signal of download takes an AbortSignal', signal);
  }
}

const TRANSFER = 'the name or the id of a transfer';

/** @throws P2pError `usage` */
export function checkTransfer(given: unknown, method: string): void {
  checkText(given, method, TRANSFER);
  if (given === '') throw wrong(`${method} takes ${TRANSFER}`, given);
}

/** @throws P2pError `usage` */
export function checkTransfers(given: unknown, method: string): void {
  if (typeof given !== 'object' || given === null) {
    checkTransfer(given, method);
    return;
  }
  if ((given as Readonly<Record<string, unknown>>)['all'] === true) return;
  throw wrong(`${method} takes ${TRANSFER}, or { all: true }`, given);
}

/** @throws P2pError `usage` */
export function checkLimit(kind: unknown, rate: unknown): void {
  if (!isLimitKind(kind)) {
    throw new P2pError('usage', `a limit is one of ${LIMIT_KINDS.join(', ')}`);
  }
  if (rate === null || rate === 'auto') return;
  if (Number.isSafeInteger(rate) && Number(rate) >= LEAST_RATE && Number(rate) <= MOST_RATE) return;
  throw wrong(
    `limit takes whole bytes a second from ${LEAST_RATE} to ${MOST_RATE}, null or 'auto'`,
    rate,
  );
}

/** @throws P2pError `usage` */
export function checkPriority(given: unknown): void {
  if (isPriority(given)) return;
  throw new P2pError('usage', `a priority is one of ${PRIORITIES.join(', ')}`);
}

/** @throws P2pError `usage` */
export function checkPeer(given: unknown, method: string): void {
  const wanted = 'a name, an id or HOST:PORT';
  checkText(given, method, wanted);
  if (given === '') throw wrong(`${method} takes ${wanted}`, given);
}

/** @throws P2pError `usage` */
export function checkPeersOptions(options: unknown): void {
  if (typeof options === 'object' && options !== null) {
    const { blocked } = options as Readonly<Record<string, unknown>>;
    if (blocked === undefined || typeof blocked === 'boolean') return;
    throw wrong('the option blocked of peers takes true or false', blocked);
  }
  throw wrong('peers takes an object of options', options);
}

function wrong(sentence: string, given: unknown): P2pError {
  const what = given === '' ? 'an empty one' : given === null ? 'null' : typeof given;
  return new P2pError('usage', `${sentence}, and got ${what}`);
}
