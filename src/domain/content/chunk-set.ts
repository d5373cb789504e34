/** Runs of chunk indices as `[first, count, first, count, ...]`, ascending and apart: how sets travel. */
export type Ranges = readonly number[];

/** How many bits of each byte are set. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0;
  for (let bits = byte; bits > 0; bits >>= 1) count += bits & 1;
  return count;
});

/** Which of `size` chunks: one bit each, with a count. Grows by `add`, shrinks by `delete`. */
export class ChunkSet {
  readonly size: number;
  readonly #bits: Uint8Array;
  #count = 0;

  constructor(size: number) {
    this.size = size;
    this.#bits = new Uint8Array(Math.ceil(size / 8));
  }

  static full(size: number): ChunkSet {
    return ChunkSet.from(size, size === 0 ? [] : [0, size]);
  }

  /** @param ranges runs within `size`, as `parseRanges` proves them. */
  static from(size: number, ranges: Ranges): ChunkSet {
    const set = new ChunkSet(size);
    set.addRanges(ranges);
    return set;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.size;
  }

  has(index: number): boolean {
    return index < this.size && ((this.#bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** @returns whether the chunk is new to the set. */
  add(index: number): boolean {
    if (this.has(index) || index < 0 || index >= this.size) return false;
    this.#bits[index >> 3] = (this.#bits[index >> 3] ?? 0) | (1 << (index & 7));
    this.#count += 1;
    return true;
  }

  delete(index: number): boolean {
    if (!this.has(index)) return false;
    this.#bits[index >> 3] = (this.#bits[index >> 3] ?? 0) & ~(1 << (index & 7));
    this.#count -= 1;
    return true;
  }

  addRanges(ranges: Ranges): void {
    for (let at = 0; at + 1 < ranges.length; at += 2) {
      const first = ranges[at] ?? 0;
      const end = first + (ranges[at + 1] ?? 0);
      for (let index = first; index < end; index += 1) this.add(index);
    }
  }

  /** @returns how many there are from `first` on and before `end`: eight at a time, as there may be millions. */
  countIn(first: number, end: number): number {
    let count = 0;
    let index = first;
    while (index < end) {
      if (index % 8 === 0 && index + 8 <= end) {
        count += ONES[this.#bits[index >> 3] ?? 0] ?? 0;
        index += 8;
      } else {
        count += Number(this.has(index));
        index += 1;
      }
    }
    return count;
  }

  /** The members in ascending order. */
  *values(): Generator<number> {
    for (const [byte, bits] of this.#bits.entries()) {
      // Eight at a time where there is none: of millions few may be set.
      if (bits === 0) continue;
      for (let index = byte * 8; index < byte * 8 + 8; index += 1) {
        if (this.has(index)) yield index;
      }
    }
  }

  /** @param most at most this many runs; what does not fit is left out. */
  toRanges(most = Number.POSITIVE_INFINITY): number[] {
    // Of who has it all, millions need not be looked at one by one.
    if (this.isFull && this.size > 0) return most > 0 ? [0, this.size] : [];
    const ranges: number[] = [];
    for (let index = 0; index < this.size && ranges.length < most * 2; index += 1) {
      if (!this.has(index)) continue;
      const first = index;
      while (index < this.size && this.has(index)) index += 1;
      ranges.push(first, index - first);
    }
    return ranges;
  }
}

/** @returns the runs, or undefined unless they are whole, ascending, apart and within `size`. */
export function parseRanges(values: readonly unknown[], size: number): Ranges | undefined {
  if (values.length % 2 !== 0) return undefined;
  let free = 0;
  for (let at = 0; at < values.length; at += 2) {
    const first = values[at];
    const count = values[at + 1];
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count)) return undefined;
    if ((first as number) < free || (count as number) < 1) return undefined;
    free = (first as number) + (count as number);
    if (free > size) return undefined;
  }
  return values as number[];
}
