/**
 * When to try again where nothing comes back, when that is over, and when to show that one is still there. Time in
 * microseconds.
 */

/** Nothing is given up before so many tries, nor in less than so long: a router restarts in that time. */
const TRIES = 5;
const TRYING_US = 15_000_000;

/** The wait between two tries doubles up to this: where every other packet is lost, some fifteen of them are enough. */
const MOST_WAIT_US = 1_000_000;

/** So many tries in vain are no bad luck: whatever was known of the way may be wrong. */
const TRIES_TO_START_OVER = 5;

/** RFC 8085, section 3.5: not more often than every 15 s; routers forget after 30. */
const KEEP_ALIVE_US = 15_000_000;

/**
 * Whoever only receives is asked for nothing when he has moved, as what asks him goes to where he was: after data he
 * waits so long for more, then twice as long each time, until he says where he is.
 */
const QUIET_US = 1_000_000;

export type Verdict =
  /** Nothing is due to be answered: show that we are there. */
  | { readonly type: 'ping' }
  /** Send again what was not answered; with `isAnew` whatever was known of the way may be wrong. */
  | { readonly type: 'try'; readonly isAnew: boolean }
  | { readonly type: 'give-up'; readonly tries: number; readonly tryingUs: number };

export class Patience {
  #heardAt: number;
  #sentAt: number;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Since something was answered last; and since when. */
  #tries = 0;
  #tryingSince = 0;
  /** Pings since data came last. */
  #quietPings = 0;

  constructor(now: number) {
    this.#heardAt = now;
    this.#sentAt = now;
  }

  heard(now: number): void {
    this.#heardAt = now;
  }

  /** Something left that is to be answered. */
  sent(now: number): void {
    this.#sentAt = now;
  }

  /** What we sent is being answered. */
  answered(): void {
    this.#tries = 0;
  }

  /** Data came: more may be on its way. */
  received(): void {
    this.#quietPings = 0;
  }

  /** @param isWaiting whether an answer is due. @returns when to judge. */
  dueAt(isWaiting: boolean, probeDelayUs: number): number {
    if (!isWaiting) return Math.max(this.#heardAt, this.#sentAt) + this.#quietUs;
    const wait = Math.min(MOST_WAIT_US, probeDelayUs * 2 ** this.#tries);
    return Math.max(this.#sentAt, this.#triedAt) + wait;
  }

  /** What is to be done, now that it is due. */
  judge(isWaiting: boolean, now: number): Verdict {
    this.#triedAt = now;
    if (!isWaiting) {
      this.#quietPings += 1;
      return { type: 'ping' };
    }
    this.#tries += 1;
    if (this.#tries === 1) this.#tryingSince = now;
    const tryingUs = now - this.#tryingSince;
    if (this.#tries > TRIES && tryingUs >= TRYING_US) {
      return { type: 'give-up', tries: this.#tries, tryingUs };
    }
    return { type: 'try', isAnew: this.#tries === TRIES_TO_START_OVER };
  }

  get #quietUs(): number {
    return Math.min(KEEP_ALIVE_US, QUIET_US * 2 ** this.#quietPings);
  }
}
