/**
 * What those offered whose link has just ended: a name that the user has seen a moment ago still means something, and
 * whoever had it is most often back soon. Bounded in rows and in time. Pure: time (monotonic ms) is an argument.
 */
import type { PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';

/** Whoever lost a link without knowing it announces himself within 15 s, and is dialled and tells his catalogue then. */
const LATELY_MS = 20_000;

type Left<Rows> = { readonly rows: Rows; readonly count: number; readonly until: number };

export class LatelyOffered<Rows> {
  /** Who left longest ago is first. */
  readonly #left = new Map<PeerId, Left<Rows>>();
  #count = 0;

  /** @param count of the rows. More of all than one peer may have push out who left before. */
  leaves(peer: PeerId, rows: Rows, count: number, now: number): void {
    // It came, and left again before it had told all that it offers.
    if (count <= (this.#left.get(peer)?.count ?? 0)) return;
    this.isBack(peer);
    this.#left.set(peer, { rows, count, until: now + LATELY_MS });
    this.#count += count;
    for (const first of this.#left.keys()) {
      if (this.#count <= LIMITS.catalogueRows) break;
      this.isBack(first);
    }
  }

  /** What it offers is known, or is not wanted. */
  isBack(peer: PeerId): void {
    this.#count -= this.#left.get(peer)?.count ?? 0;
    this.#left.delete(peer);
  }

  at(now: number): readonly (readonly [PeerId, Rows])[] {
    for (const [peer, { until }] of this.#left) if (until <= now) this.isBack(peer);
    return Array.from(this.#left, ([peer, { rows }]) => [peer, rows] as const);
  }
}
