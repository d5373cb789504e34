/**
 * Says once that nobody was found. A network that carries neither broadcast nor multicast looks just like an
 * empty one, and there the user would wait for ever.
 */
import { filter, map, type Observable, timer } from 'rxjs';
import type { PeerEvent } from '#src/peer/events.js';
import type { Neighbours } from './neighbours.js';

/** Peers that hear each other at all do so within a second; ten let a slow network card wake up. */
const ALONE_MS = 10_000;

/** @param discoveryPort what a firewall has to let pass. */
export function solitude(neighbours: Neighbours, discoveryPort: number): Observable<PeerEvent> {
  return timer(ALONE_MS).pipe(
    filter(() => neighbours.lines().length === 0),
    map(() => ({
      type: 'notice',
      code: 'alone',
      message: `No other peer has been found yet. They appear by themselves once they run; if one does run, a firewall or the network may stop announcements (UDP port ${discoveryPort}): \`add HOST:PORT\`, or \`--peer HOST:PORT\` at the start, connects to it by its address.`,
    })),
  );
}
