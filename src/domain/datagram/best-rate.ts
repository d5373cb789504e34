/**
 * The best rate of late: one sample shows too little where little was sent, or where what came back bunched up. Time in
 * microseconds, rates in bytes a microsecond.
 */
import type { RateSample } from './delivery-rate.js';

/** The best of so many rounds counts, and of so long a time where rounds are short. */
const ROUNDS = 10;
const LASTS_US = 250_000;

type TimedRate = { readonly rate: number; readonly round: number; readonly at: number };

export class BestRate {
  /** Each lower than the one before: the first is the best, the others will be when it is too old. */
  readonly #rates: TimedRate[] = [];

  /** 0 before anything was measured. */
  get rate(): number {
    return this.#rates[0]?.rate ?? 0;
  }

  learn({ rate, isAppLimited }: Readonly<RateSample>, round: number, now: number): void {
    if (rate === 0 || (isAppLimited && rate < this.rate)) return;
    while ((this.#rates.at(-1)?.rate ?? Number.POSITIVE_INFINITY) <= rate) this.#rates.pop();
    this.#rates.push({ rate, round, at: now });
    for (let best = this.#rates[0]; best !== undefined; best = this.#rates[0]) {
      const isOld = round - best.round > ROUNDS && now - best.at > LASTS_US;
      if (!isOld) return;
      this.#rates.shift();
    }
  }

  /** What was measured may be wrong. */
  forget(): void {
    this.#rates.length = 0;
  }
}
