/**
 * How far a connection has come, and who is told of it. Time in microseconds.
 *
 *     open --(both ends said all, and know it)--> lingering --(a while)--> closed
 *     open --(reset, no answer, abort)----------------------------------> closed
 */
import type { Departures } from './departures.js';
import type { ConnectionOwner, Ended } from './ended.js';
import type { ResetCode } from './packet.js';

/**
 * The other end's last words may come again, as our answer to them was lost: so long after they came last there will be
 * no more of them. RFC 9000, section 10.2, has three tries; where every other packet is lost these are more.
 */
const LINGER_US = 5_000_000;

/** Whoever goes on speaking keeps nothing here for longer. */
const LONGEST_LINGER_US = 30_000_000;

/** Nobody answers a last word, and whoever ends his process sends nothing later: of four some arrive where half is lost. */
const LAST_WORD_COPIES = 4;

type State =
  | { readonly name: 'open' }
  | { readonly name: 'lingering'; readonly until: number; readonly latest: number }
  | { readonly name: 'closed' };

export class Life {
  readonly #owner: ConnectionOwner;
  readonly #release: () => void;
  #state: State = { name: 'open' };
  #isFinished = false;
  #lastWord: { readonly code: ResetCode; readonly copies: number } | undefined;

  /** @param release called once or twice: what was kept for later is needed no more. */
  constructor(owner: ConnectionOwner, release: () => void) {
    this.#owner = owner;
    this.#release = release;
  }

  get isOpen(): boolean {
    return this.#state.name === 'open';
  }

  get isClosed(): boolean {
    return this.#state.name === 'closed';
  }

  /** Whether the other end is still to be told that it was broken off. */
  get hasLastWord(): boolean {
    return this.#lastWord !== undefined;
  }

  /** When to tick next. */
  get dueAt(): number {
    return this.#state.name === 'lingering' ? this.#state.until : Number.POSITIVE_INFINITY;
  }

  tick(now: number): void {
    if (now >= this.dueAt) this.close({ type: 'complete' });
  }

  /** Lets the last word leave, if there is one. @returns whether it did. */
  depart(departures: Departures): boolean {
    if (this.#lastWord === undefined) return false;
    const { code, copies } = this.#lastWord;
    departures.reset(code);
    this.#lastWord = copies > 1 ? { code, copies: copies - 1 } : undefined;
    return true;
  }

  /** The other end is there. */
  heard(now: number): void {
    const state = this.#state;
    if (state.name !== 'lingering') return;
    this.#state = { ...state, until: Math.min(state.latest, now + LINGER_US) };
  }

  /** @param hasAll whether all the other end wrote was handed on. @param isAllKnown whether it has all of ours. */
  settle(hasAll: boolean, isAllKnown: boolean, now: number): void {
    if (hasAll && !this.#isFinished) {
      this.#isFinished = true;
      this.#owner.finished();
    }
    if (!this.isOpen || !this.#isFinished || !isAllKnown) return;
    const [until, latest] = [now + LINGER_US, now + LONGEST_LINGER_US];
    this.#state = { name: 'lingering', until, latest };
    this.#release();
    this.#owner.ended({ type: 'complete' });
  }

  /** It ends here and now; the other end is told, if it can be. */
  breakOff(code: ResetCode, how: Ended): void {
    if (!this.isOpen) return;
    this.#lastWord = { code, copies: LAST_WORD_COPIES };
    this.close(how);
  }

  close(how: Ended): void {
    const { isOpen } = this;
    if (this.isClosed) return;
    this.#state = { name: 'closed' };
    this.#release();
    if (isOpen) this.#owner.ended(how);
  }
}
