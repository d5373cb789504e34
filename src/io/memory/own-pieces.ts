/**
 * The pieces of one peer among its sessions: one that holds none comes before those that read ahead, and among equals each
 * gets as many as its weight says.
 */
import { FairTurns } from '#src/domain/rates/fair-turns.js';

type Waiting = {
  readonly session: object;
  readonly weight: number;
  readonly enter: () => void;
};

export class OwnPieces {
  readonly #most: number;
  readonly #turns = new FairTurns<object>();
  /** The longest first. */
  #waiting: readonly Waiting[] = [];
  /** How many each session holds. */
  readonly #held = new Map<object, number>();
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#inside === 0;
  }

  /** Whether others wait than this one. */
  isAwaitedBesides(session: object): boolean {
    return this.#waiting.some((waiting) => waiting.session !== session);
  }

  enter(session: object, weight: number): Promise<void> {
    if (this.#inside >= this.#most) {
      return new Promise((enter) => {
        this.#waiting = [...this.#waiting, { session, weight, enter }];
      });
    }
    this.#inside += 1;
    this.#hold(session, weight);
    return Promise.resolve();
  }

  leave(session: object): void {
    const left = (this.#held.get(session) ?? 0) - 1;
    if (left > 0) this.#held.set(session, left);
    else this.#held.delete(session);
    const next = this.#next();
    if (next === undefined) {
      this.#inside -= 1;
      return;
    }
    this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    this.#hold(next.session, next.weight);
    next.enter();
  }

  #next(): Waiting | undefined {
    const bare = this.#waiting.filter(({ session }) => !this.#held.has(session));
    const some = bare.length > 0 ? bare : this.#waiting;
    const whose = this.#turns.next(some.map(({ session }) => session));
    return some.find(({ session }) => session === whose);
  }

  #hold(session: object, weight: number): void {
    this.#turns.took(session, 1, weight);
    this.#held.set(session, (this.#held.get(session) ?? 0) + 1);
  }
}
