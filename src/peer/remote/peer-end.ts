/** When a peer that was asked to end has ended: a connection that is lost is no end, as what held it may be started anew. */
import { setTimeout as wait } from 'node:timers/promises';
import { toRecord } from '#src/domain/errors.js';

/** What answers a peer's terminals is started again within a second, where the machine has time for it. */
export const QUIET_MS = 3000;

const AGAIN_MS = 100;

/** Nobody is behind the socket, or there is none. */
const NOBODY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT']);

/** How the end of a peer is seen where it does not say so itself. */
export type Quiet = {
  /** For so long nobody is there. */
  readonly quietMs: number;
  /** Whether its process has gone; where that is not known, it has. */
  readonly isGone: () => boolean;
};

/** Resolves once it has ended. @param stop asks it to end; rejects with `offline` where there was no answer. */
export async function peerEnd(
  stop: () => Promise<unknown>,
  signal: AbortSignal,
  quiet: Quiet,
): Promise<void> {
  await answersAgain(stop, signal, quiet);
}

/**
 * Asks until there is an answer, or until the signal.
 * @param ask rejects with `offline` where there was none.
 * @returns false where nobody is there any more.
 */
export async function answersAgain(
  ask: () => Promise<unknown>,
  signal: AbortSignal,
  { quietMs, isGone }: Quiet,
): Promise<boolean> {
  let passedMs = 0;
  let isLeft = false;
  // What ends in order takes its socket away; what was killed leaves it, and may be started anew.
  while (passedMs < quietMs || (isLeft && !isGone())) {
    const error = await failureOf(ask(), signal);
    if (error === undefined || signal.aborted) return true;
    if (toRecord(error).code !== 'offline') throw error;
    passedMs = isNobody(error) ? passedMs + AGAIN_MS : 0;
    isLeft = causeOf(error) === 'ECONNREFUSED';
    await slept(AGAIN_MS, signal);
  }
  return false;
}

/** @param pid of the process that a peer lives in, as it says; undefined where it does not. */
export function isProcessGone(pid: number | undefined): boolean {
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // One that belongs to somebody else is there.
    return toRecord(error).code === 'ESRCH';
  }
}

/** Or until the signal. */
export async function slept(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}

/** @returns undefined at the signal too: what accepts and never answers keeps nobody. */
function failureOf(asked: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    const leave = () => resolve(undefined);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    void asked.then(leave, resolve).finally(() => signal.removeEventListener('abort', leave));
  });
}

function isNobody(error: unknown): boolean {
  return NOBODY.has(causeOf(error));
}

function causeOf(error: unknown): string {
  return error instanceof Error ? toRecord(error.cause).code : '';
}
