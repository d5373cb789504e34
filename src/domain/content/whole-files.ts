/** How many files of a content are whole, as its chunks come in. Pure. */
import type { ChunkSet } from './chunk-set.js';
import { type Entries, isFile } from './entries.js';
import { type Layout, lastAtMost } from './layout.js';

export class WholeFiles {
  readonly all: number;
  #done: number;
  readonly #layout: Layout;
  /** Chunks that each large file still lacks. */
  readonly #lacking: Uint32Array;

  constructor(layout: Layout, entries: Entries, have: ChunkSet) {
    this.#layout = layout;
    const { largeFirst, largeChunks, smallEntries } = layout;
    this.#lacking = largeFirst.map((first, at) => (largeFirst[at + 1] ?? largeChunks) - first);
    let files = 0;
    for (let entry = 0; entry < entries.count; entry += 1) if (isFile(entries, entry)) files += 1;
    this.all = files;
    // Those without a byte lack nothing.
    this.#done = files - largeFirst.length - smallEntries.length;
    for (const index of have.values()) this.gain(index);
  }

  get done(): number {
    return this.#done;
  }

  /** @param index a chunk that was not here before. */
  gain(index: number): void {
    const { largeChunks, largeFirst, packStarts } = this.#layout;
    if (index >= largeChunks) {
      const pack = index - largeChunks;
      this.#done += (packStarts[pack + 1] ?? 0) - (packStarts[pack] ?? 0);
      return;
    }
    const file = lastAtMost(largeFirst, index);
    const lacking = (this.#lacking[file] ?? 0) - 1;
    this.#lacking[file] = lacking;
    if (lacking === 0) this.#done += 1;
  }
}
