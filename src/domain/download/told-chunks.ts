/** What one source says it has of a content. It may repeat itself: that ends here. Pure. */
import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex } from '#src/domain/ids.js';

export class ToldChunks {
  readonly #chunks: number;
  #told: ChunkSet | undefined;

  /** @param chunks how many the content has. */
  constructor(chunks: number) {
    this.#chunks = chunks;
  }

  /**
   * The first answer is news even if it is empty: it says that there is nothing.
   * @param ranges of ascending runs. @returns what it had not said before, undefined where that is no news.
   * @throws P2pError `protocol` where it has chunks that there are not
   */
  take(ranges: Ranges): Ranges | undefined {
    const last = ranges.length < 2 ? 0 : (ranges.at(-2) ?? 0) + (ranges.at(-1) ?? 0);
    if (last > this.#chunks) throw new P2pError('protocol', 'it has chunks that there are not');
    if (this.#told === undefined) {
      this.#told = new ChunkSet(this.#chunks);
      this.#told.addRanges(ranges);
      return ranges;
    }
    const gained = newOf(ranges, this.#told);
    this.#told.addRanges(gained);
    return gained.length > 0 ? gained : undefined;
  }

  /** It refused this one: if it says again that it has it, that is news. */
  refused(index: ChunkIndex): void {
    this.#told?.delete(index);
  }
}

/** The part of `ranges` that is not in `told`. */
function newOf(ranges: Ranges, told: ChunkSet): Ranges {
  if (told.isFull) return [];
  const gained: number[] = [];
  for (let at = 0; at + 1 < ranges.length; at += 2) {
    const first = ranges[at] ?? 0;
    const end = first + (ranges[at + 1] ?? 0);
    for (let index = first; index < end; index += 1) {
      if (told.has(index)) continue;
      const start = index;
      while (index < end && !told.has(index)) index += 1;
      gained.push(start, index - start);
    }
  }
  return gained;
}
