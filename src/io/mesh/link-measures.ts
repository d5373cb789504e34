/** What is measured on the links, and when it is told. */
import { interval, map, type Observable } from 'rxjs';
import type { PeerId } from '#src/domain/ids.js';
import type { Link } from '#src/domain/peers/links-state.js';
import type { Traffic } from '#src/io/net/session.js';
import type { Lines } from './lines.js';

/** `status` shows what is no older. */
const TELL_MS = 5000;
/** Each so many times answers are measured anew: nine bytes a link. */
const MEASURE_EVERY = 6;

/** What was measured on each link so far. */
export type MeasuredNews = {
  readonly type: 'links-measured';
  readonly links: readonly (Traffic & { readonly peerId: PeerId })[];
};

/** It is time to measure the links. */
export type MeasureTurn = { readonly type: 'measure'; readonly count: number };

/** When links are measured; never ends. */
export function measureTurns(): Observable<MeasureTurn> {
  return interval(TELL_MS).pipe(map((count) => ({ type: 'measure', count })));
}

/** @param links by which peers are reached now. */
export function measured(lines: Lines, links: readonly Link[]): MeasuredNews {
  const all = links.flatMap((link) => {
    const traffic = lines.trafficOf(link);
    return traffic === undefined ? [] : [{ peerId: link.peerId, ...traffic }];
  });
  return { type: 'links-measured', links: all };
}

/** Has answers measured anew, now and then. */
export function measure(lines: Lines, { count }: MeasureTurn): void {
  if (count % MEASURE_EVERY === 0) lines.measure();
}
