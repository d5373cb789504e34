/**
 * Looks for a content beyond the peers that are linked: asks everybody, and has a link made with those who have it, whose
 * catalogues then say so as any other does.
 */
import { type Observable, retry, Subscription, timer } from 'rxjs';
import type { Answerer } from '#src/domain/query.js';
import type { Answered } from './queries.js';

/** More sources than a download has at once; whoever is linked with them hears of more. */
const MOST_MET = 8;

/** Where others would not hear more questions of this peer now. */
const ASK_AGAIN_MS = 500;

export type SearchOptions = {
  readonly ask: () => Observable<Answered>;
  /** Has a link made with somebody, and kept until what it returns is called. */
  readonly meet: (answerer: Answerer) => () => void;
  /** Whose content is meant. */
  readonly isMeant: (answerer: Answerer) => boolean;
};

export class WideSearch {
  readonly #options: SearchOptions;
  readonly #asking = new Subscription();
  #hasBegun = false;
  #isOver = false;
  #met = 0;
  #metAt = Number.NEGATIVE_INFINITY;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** When somebody was found last. */
  get metAt(): number {
    return this.#metAt;
  }

  /** Begins where it has not. @returns whether it has ended, and found nobody. */
  hasFailed(): boolean {
    if (!this.#hasBegun) this.#begin();
    return this.#isOver && this.#met === 0;
  }

  /** Links that nobody else needs are kept as those of acquaintances are. */
  close(): void {
    this.#asking.unsubscribe();
  }

  #begin(): void {
    this.#hasBegun = true;
    const answers = this.#options.ask().pipe(retry({ delay: () => timer(ASK_AGAIN_MS) }));
    this.#asking.add(
      answers.subscribe({
        next: ({ from }) => this.#found(from),
        complete: () => {
          this.#isOver = true;
        },
      }),
    );
  }

  #found(from: Answerer): void {
    const { isMeant, meet } = this.#options;
    if (this.#met >= MOST_MET || !isMeant(from)) return;
    this.#met += 1;
    this.#metAt = performance.now();
    this.#asking.add(meet(from));
  }
}
