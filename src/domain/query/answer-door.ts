/**
 * Which answers are let in: to a question of ours that is still asked, one of each peer, so many in all. It stands where
 * they arrive, so that nobody's answers pile up behind it. Pure; time is monotonic, in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import { QUERY_LIMITS, type QueryId } from './query.js';

/** What fills a screen many times over, and 3 MB at most. A network that has more is asked in parts, by hops. */
const MOST_ANSWERS = 512;

/** More at once than anybody asks; the oldest is closed. */
const MOST_OPEN = 16;

/** The last answer may leave at the end of the time to answer, and be dialled for then. */
const OPEN_MS = QUERY_LIMITS.mostWithinMs + 10_000;

export class AnswerDoor {
  readonly #open = new Map<QueryId, { readonly until: number; readonly answered: Set<PeerId> }>();

  /** A question leaves. */
  asked(id: QueryId, now: number): void {
    this.#open.set(id, { until: now + OPEN_MS, answered: new Set() });
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest);
  }

  /** Whether anybody's answer is waited for. */
  isOpen(now: number): boolean {
    return [...this.#open.values()].some(({ until }) => now < until);
  }

  /** @returns whether this peer's answer is to be heard; the next one to the same question is not. */
  admits(peer: PeerId, id: QueryId, now: number): boolean {
    const open = this.#open.get(id);
    if (open === undefined || now >= open.until) return false;
    if (open.answered.has(peer) || open.answered.size >= MOST_ANSWERS) return false;
    open.answered.add(peer);
    return true;
  }
}
