/**
 * Whole numbers below 2^53 in runs `[start, end)`, ascending and apart: numbers of packets, or places of bytes in a stream.
 * Made for sets whose newest run grows and whose older ones are few.
 */
export class RangeSet {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #size = 0;

  /** How many numbers there are. */
  get size(): number {
    return this.#size;
  }

  get runs(): number {
    return this.#starts.length;
  }

  startOf(run: number): number {
    return this.#starts[run] ?? 0;
  }

  endOf(run: number): number {
    return this.#ends[run] ?? 0;
  }

  has(number: number): boolean {
    const run = this.#firstEndingAfter(number);
    return run < this.runs && this.startOf(run) <= number;
  }

  /** @returns how many of them are new. */
  add(start: number, end: number): number {
    if (end <= start) return 0;
    const last = this.runs - 1;
    if (last < 0 || start > this.endOf(last)) {
      this.#starts.push(start);
      this.#ends.push(end);
      this.#size += end - start;
      return end - start;
    }
    const before = this.#size;
    // A run that merely touches it grows.
    const from = this.#firstEndingAfter(start - 1);
    let to = from;
    let low = start;
    let high = end;
    while (to < this.runs && this.startOf(to) <= end) {
      low = Math.min(low, this.startOf(to));
      high = Math.max(high, this.endOf(to));
      this.#size -= this.endOf(to) - this.startOf(to);
      to += 1;
    }
    this.#replace(from, to, low, high);
    return this.#size - before;
  }

  /** @returns how many of them were there. */
  remove(start: number, end: number): number {
    if (end <= start) return 0;
    const before = this.#size;
    for (let run = this.#firstEndingAfter(start); run < this.runs; ) {
      const [low, high] = [this.startOf(run), this.endOf(run)];
      if (low >= end) break;
      this.#size -= Math.min(high, end) - Math.max(low, start);
      if (low < start && high > end) {
        this.#ends[run] = start;
        this.#starts.splice(run + 1, 0, end);
        this.#ends.splice(run + 1, 0, high);
        break;
      }
      if (low < start) this.#ends[run] = start;
      else if (high > end) this.#starts[run] = end;
      else {
        this.#starts.splice(run, 1);
        this.#ends.splice(run, 1);
        continue;
      }
      run += 1;
    }
    return before - this.#size;
  }

  /** Forgets all below. */
  removeBelow(number: number): void {
    if (this.runs > 0 && this.startOf(0) < number) this.remove(this.startOf(0), number);
  }

  /** Calls with each part of `[start, end)` that is missing here, in order. */
  forEachMissing(start: number, end: number, visit: (start: number, end: number) => void): void {
    let at = start;
    for (let run = this.#firstEndingAfter(start); at < end; run += 1) {
      const next = run < this.runs ? this.startOf(run) : end;
      if (next > at) visit(at, Math.min(next, end));
      if (next >= end) return;
      at = this.endOf(run);
    }
  }

  #replace(from: number, to: number, low: number, high: number): void {
    this.#size += high - low;
    if (to - from === 1) {
      this.#starts[from] = low;
      this.#ends[from] = high;
    } else {
      this.#starts.splice(from, to - from, low);
      this.#ends.splice(from, to - from, high);
    }
  }

  /** @returns the first run with an end above `number`; `runs` if there is none. */
  #firstEndingAfter(number: number): number {
    let low = 0;
    let high = this.runs;
    // The newest is asked for most.
    if (
      high > 0 &&
      this.endOf(high - 1) > number &&
      (high === 1 || this.endOf(high - 2) <= number)
    ) {
      return high - 1;
    }
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.endOf(middle) > number) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
