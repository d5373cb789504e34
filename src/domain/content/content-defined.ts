/**
 * Content-defined cutting: where a run of bytes ends follows from the bytes before that place, so that what is
 * inserted in front of them shifts no other cut. FastCDC (Xia et al., USENIX ATC 2016): a gear hash, no look at the
 * first bytes of a segment, a stricter mask before the average and a looser one after it, a most. Pure.
 *
 * Two things differ from the paper. The hash has 32 bits, for that is the arithmetic JavaScript does fast; and the masks
 * are its uppermost bits, which a byte reaches last and stays in longest: what decides is the last 32 bytes, as widely
 * spread as the paper's chosen bits of 64 make it. Both ends must cut alike, so all of this is part of the protocol.
 */
import { KiB } from '#src/domain/limits.js';

export type SegmentSizes = {
  /** All three powers of two. */
  readonly smallest: number;
  readonly average: number;
  readonly largest: number;
};

/** A list of 20 bytes for each is then 0.03 % of the content, and a change costs no more than a chunk beside it. */
const AVERAGE = 64 * KiB;

/** More segments than this cost memory and a longer list; larger contents are cut coarser. */
const WANTED_SEGMENTS = 2 ** 17;

/** Below the half of the average, or the stricter mask hardly acts. */
const SMALLEST_SHARE = 4;
const LARGEST_FACTOR = 4;

/** Bits by which the masks are stricter and looser: normalisation level 2 of the paper, which it found best. */
const NORMALISATION = 2;

/** How both ends cut a content, from its total size alone. */
export function segmentSizesFor(totalBytes: number): SegmentSizes {
  let average = AVERAGE;
  while (totalBytes > average * WANTED_SEGMENTS) average *= 2;
  return {
    smallest: average / SMALLEST_SHARE,
    average,
    largest: average * LARGEST_FACTOR,
  };
}

/** Any numbers would do that look drawn by chance: the first 256 of xorshift32 (Marsaglia, 2003) from 2^32 / phi. */
export const GEAR: Int32Array = gearFrom(0x9e3779b9);

function gearFrom(seed: number): Int32Array {
  let state = seed | 0;
  return Int32Array.from({ length: 256 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  });
}

/** Cuts one run of bytes after the other; what it says does not depend on how they are cut into blocks. */
export class Cutter {
  readonly #sizes: SegmentSizes;
  readonly #strict: number;
  readonly #loose: number;
  #hash = 0;
  #length = 0;

  constructor(sizes: SegmentSizes) {
    this.#sizes = sizes;
    const bits = Math.log2(sizes.average);
    this.#strict = uppermost(bits + NORMALISATION);
    this.#loose = uppermost(bits - NORMALISATION);
  }

  /** Bytes of the segment that is open. */
  get length(): number {
    return this.#length;
  }

  /** The open segment ends here, whatever it holds: a file ends. */
  end(): void {
    this.#hash = 0;
    this.#length = 0;
  }

  /** @returns where in `block` the open segment ends, -1 if it goes on behind it. @param from where it goes on. */
  next(block: Uint8Array, from: number): number {
    const { smallest, average, largest } = this.#sizes;
    const start = from - this.#length;
    const skipped = Math.max(from, Math.min(start + smallest, block.length));
    const middle = Math.min(start + average, block.length);
    const end = Math.min(start + largest, block.length);
    const found = this.#search(block, skipped, middle, this.#strict);
    const at =
      found >= 0 ? found : this.#search(block, Math.max(skipped, middle), end, this.#loose);
    if (at >= 0 || end === start + largest) {
      this.end();
      return at >= 0 ? at : end;
    }
    this.#length = block.length - start;
    return -1;
  }

  /** The one loop that sees each byte: about a nanosecond for each. */
  #search(block: Uint8Array, from: number, to: number, mask: number): number {
    let hash = this.#hash;
    for (let at = from; at < to; at += 1) {
      hash = ((hash << 1) + (GEAR[block[at] as number] as number)) | 0;
      if ((hash & mask) === 0) return at + 1;
    }
    this.#hash = hash;
    return -1;
  }
}

function uppermost(bits: number): number {
  return -1 << (32 - bits);
}
