/**
 * Whose turn it is among those who wait in one line: in the long run each takes as much as its weight says, and what one has
 * no use for the others get (start-time fair queueing: Goyal, Vin and Cheng, 1996). Who was away is owed nothing. Pure.
 */
export class FairTurns<Who extends object> {
  /** Where the turn that was taken last began, in what one of weight 1 takes. */
  #time = 0;
  /** Where what each has taken so far ends. */
  readonly #ends = new WeakMap<Who, number>();

  /** @param waiting in the order in which they came. @returns undefined where nobody waits */
  next(waiting: Iterable<Who>): Who | undefined {
    let first: Who | undefined;
    for (const who of waiting) {
      if (first === undefined || this.#startOf(who) < this.#startOf(first)) first = who;
    }
    return first;
  }

  /** It takes so much in its turn. */
  took(who: Who, amount: number, weight: number): void {
    this.#time = this.#startOf(who);
    this.#ends.set(who, this.#time + amount / weight);
  }

  #startOf(who: Who): number {
    return Math.max(this.#time, this.#ends.get(who) ?? 0);
  }
}
