/** When a peer that was asked to end has ended: a connection that is lost is no end, as what held it may be started anew. */
import { setTimeout as wait } from 'node:timers/promises';
import { toRecord } from '#src/domain/errors.js';

/** What answers a peer's terminals is started again within a second, unless the peer itself has gone. */
export const QUIET_MS = 3000;

const AGAIN_MS = 100;

/** Nobody is behind the socket, or there is none. */
const NOBODY: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT']);

/**
 * Resolves once it has ended.
 * @param stop asks it to end; rejects with `offline` where there was no answer.
 * @param quietMs for so long nobody is there.
 */
export async function peerEnd(
  stop: () => Promise<unknown>,
  signal: AbortSignal,
  quietMs: number,
): Promise<void> {
  await answersAgain(stop, signal, quietMs);
}

/**
 * Asks until there is an answer, or until the signal.
 * @param ask rejects with `offline` where there was none.
 * @returns false where nobody was there for so long.
 */
export async function answersAgain(
  ask: () => Promise<unknown>,
  signal: AbortSignal,
  quietMs: number,
): Promise<boolean> {
  let passedMs = 0;
  while (passedMs < quietMs) {
    const error = await failureOf(ask());
    if (error === undefined || signal.aborted) return true;
    if (toRecord(error).code !== 'offline') throw error;
    passedMs = isNobody(error) ? passedMs + AGAIN_MS : 0;
    await slept(AGAIN_MS, signal);
  }
  return false;
}

/** Or until the signal. */
export async function slept(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}

async function failureOf(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function isNobody(error: unknown): boolean {
  return error instanceof Error && NOBODY.has(toRecord(error.cause).code);
}
