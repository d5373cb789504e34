/**
 * How many connections a listener may hold, so that the handles of this process are never all taken: a listener
 * that cannot accept is woken for whoever waits again and again, and spins; and whoever needs a file gets none.
 */
import { readFileSync } from 'node:fs';
import { P2pError } from '#src/domain/errors.js';

/** A peer at rest has about 60 open; the files it reads and what it dials itself are as many again. */
const RESERVED_HANDLES = 112;

/** Mesh, transfer server, distributor and receiver. */
const LISTENERS = 4;

/** With fewer than these for each listener a household of a few peers is turned away. */
const FEWEST_CONNECTIONS = 4;

const FEWEST_HANDLES = RESERVED_HANDLES + LISTENERS * FEWEST_CONNECTIONS;

/** @param handles that this process may have open. @returns connections for each listener. */
export function connectionsWithin(handles: number): number {
  return Math.max(FEWEST_CONNECTIONS, Math.floor((handles - RESERVED_HANDLES) / LISTENERS));
}

/** @throws P2pError `limit` where a peer could not work */
export function requireHandles(handles = handleLimit()): void {
  if (handles >= FEWEST_HANDLES) return;
  throw new P2pError(
    'limit',
    `this process may have ${handles} files and sockets open, and a peer needs ${FEWEST_HANDLES}: ` +
      'raise the limit (`ulimit -n`)',
  );
}

/** @returns what the system allows this process; infinite where it does not say so in a file, as Linux does. */
export function handleLimit(): number {
  if (process.platform !== 'linux') return Number.POSITIVE_INFINITY;
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const allowed = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return allowed === undefined ? Number.POSITIVE_INFINITY : Number(allowed);
  } catch (error) {
    // A sandbox may hide it; then the system's own refusals are all there is.
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      return Number.POSITIVE_INFINITY;
    }
    throw error;
  }
}
