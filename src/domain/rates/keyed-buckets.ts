/** How much of something each of many may do, where anybody may come under one key more: a bucket each, of so many. */
import { type Bucket, type Rate, takeToken } from './token-bucket.js';

export class KeyedBuckets<K> {
  readonly #rate: Rate;
  readonly #most: number;
  /** Who took last is last. */
  readonly #buckets = new Map<K, Bucket>();

  /** @param most keys that are followed; whoever took longest ago begins anew. */
  constructor(rate: Rate, most: number) {
    this.#rate = rate;
    this.#most = most;
  }

  /**
   * @param now monotonic milliseconds
   * @param also asked only where there is a token, which is left if this says no
   * @returns whether there was one, which is taken then: a refusal changes nothing.
   */
  take(key: K, now: number, also: () => boolean = () => true): boolean {
    const bucket = takeToken(this.#buckets.get(key), this.#rate, now);
    if (bucket === undefined || !also()) return false;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#most && oldest !== undefined) this.#buckets.delete(oldest);
    return true;
  }
}

/** So much for each, and so much for all together, as keys are free. */
export class SharedBuckets<K> {
  readonly #each: KeyedBuckets<K>;
  readonly #ofAll: Rate;
  #all: Bucket | undefined;

  constructor(ofOne: Rate, ofAll: Rate, most: number) {
    this.#each = new KeyedBuckets(ofOne, most);
    this.#ofAll = ofAll;
  }

  /** @returns whether it is allowed once more, and has been counted; what one wants too much is not taken from all. */
  take(key: K, now: number): boolean {
    return this.#each.take(key, now, () => {
      const all = takeToken(this.#all, this.#ofAll, now);
      this.#all = all ?? this.#all;
      return all !== undefined;
    });
  }
}
