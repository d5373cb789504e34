/**
 * Looks for a content beyond the peers that are linked: asks everybody, and has a link made with those who have it, whose
 * catalogues then say so as any other does.
 */
import { type Observable, retry, Subject, Subscription, throwError, timer } from 'rxjs';
import { P2pError } from '#src/domain/errors.js';
import type { Answerer } from '#src/domain/query/query.js';
import type { Answered } from '#src/peer/network/queries.js';

/** More sources than a download has at once; whoever is linked with them hears of more. */
const MOST_MET = 8;

/** Where others would not hear more questions of this peer now. */
const ASK_AGAIN_MS = 500;

export type SearchOptions = {
  /** @param onAsked is called when the question leaves. */
  readonly ask: (onAsked: () => void) => Observable<Answered>;
  /** Has a link made with somebody, and kept until what it returns is called. */
  readonly meet: (answerer: Answerer) => () => void;
  /** Whose content is meant. */
  readonly isMeant: (answerer: Answerer) => boolean;
};

export class WideSearch {
  /** Errors with what it failed of: that nobody was found is none. */
  readonly trouble = new Subject<never>();
  readonly #options: SearchOptions;
  readonly #asking = new Subscription();
  #hasBegun = false;
  #isOver = false;
  #met = 0;
  #metAt = Number.NEGATIVE_INFINITY;
  #isWaiting = false;
  #leftAt = Number.NEGATIVE_INFINITY;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  /** When somebody was found last. */
  get metAt(): number {
    return this.#metAt;
  }

  /** Whether others would not hear the question yet: it waits for its turn. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** When the question left, if it had to wait for its turn. */
  get leftAt(): number {
    return this.#leftAt;
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
    const asking = this.#options.ask(() => this.#leaves());
    this.#asking.add(
      asking.pipe(retry({ delay: (error) => this.#turn(error) })).subscribe({
        next: ({ from }) => this.#found(from),
        error: (error) => this.trouble.error(error),
        complete: () => {
          this.#isOver = true;
        },
      }),
    );
  }

  /** Too many questions for now are no failure, and anything else is. */
  #turn(error: unknown): Observable<unknown> {
    if (!(error instanceof P2pError) || error.code !== 'limit') return throwError(() => error);
    this.#isWaiting = true;
    return timer(ASK_AGAIN_MS);
  }

  #leaves(): void {
    if (this.#isWaiting) this.#leftAt = performance.now();
    this.#isWaiting = false;
  }

  #found(from: Answerer): void {
    const { isMeant, meet } = this.#options;
    if (this.#met >= MOST_MET || !isMeant(from)) return;
    this.#met += 1;
    this.#metAt = performance.now();
    this.#asking.add(meet(from));
  }
}
