/**
 * BLAKE3-256 of at most one block (64 bytes): a path, for one. The native package takes 2 us for each call, mostly
 * for leaving JavaScript and for the memory of its answer; a listing of 100,000 files makes as many calls, on each
 * side of a download, before its first chunk.
 *
 * The compression function of BLAKE3 (section 2.2 of its paper) for the one chunk that is the root as well.
 */

/** The most bytes that are one block. */
export const BLOCK_BYTES = 64;

const WORDS = 16;
const ROUNDS = 7;

/** CHUNK_START, CHUNK_END and ROOT: this block is all of them. */
const FLAGS = 0b1011;

const INITIAL = Int32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

/** Where the words of the next round stand in those of this one. */
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8] as const;

/** The words of all rounds, one round after the other. */
const SCHEDULE = scheduleOf(ROUNDS);

const state = new Int32Array(WORDS);
const block = new Uint8Array(BLOCK_BYTES);
const view = new DataView(block.buffer);
const words = new Int32Array(WORDS);

/** @param bytes at most `BLOCK_BYTES`. @returns their hash. */
export function blake3OfBlock(bytes: Uint8Array): Uint8Array {
  if (bytes.length > BLOCK_BYTES) throw new RangeError('more than a block');
  block.fill(0);
  block.set(bytes);
  for (let word = 0; word < WORDS; word += 1) words[word] = view.getInt32(4 * word, true);
  state.set(INITIAL);
  state.set(INITIAL.subarray(0, 4), 8);
  // The counter of chunks is 0.
  state[12] = 0;
  state[13] = 0;
  state[14] = bytes.length;
  state[15] = FLAGS;
  for (let at = 0; at < ROUNDS * WORDS; at += WORDS) mixAll(at);
  const digest = new Uint8Array(BLOCK_BYTES / 2);
  for (let word = 0; word < WORDS / 2; word += 1) {
    const value = at(state, word) ^ at(state, word + WORDS / 2);
    digest[4 * word] = value;
    digest[4 * word + 1] = value >>> 8;
    digest[4 * word + 2] = value >>> 16;
    digest[4 * word + 3] = value >>> 24;
  }
  return digest;
}

/** One round: the columns, then the diagonals. @param from where its words stand in `SCHEDULE`. */
function mixAll(from: number): void {
  mix(0, 4, 8, 12, from);
  mix(1, 5, 9, 13, from + 2);
  mix(2, 6, 10, 14, from + 4);
  mix(3, 7, 11, 15, from + 6);
  mix(0, 5, 10, 15, from + 8);
  mix(1, 6, 11, 12, from + 10);
  mix(2, 7, 8, 13, from + 12);
  mix(3, 4, 9, 14, from + 14);
}

function mix(a: number, b: number, c: number, d: number, from: number): void {
  let [va, vb, vc, vd] = [at(state, a), at(state, b), at(state, c), at(state, d)];
  va = (va + vb + at(words, SCHEDULE[from] ?? 0)) | 0;
  vd = rotated(vd ^ va, 16);
  vc = (vc + vd) | 0;
  vb = rotated(vb ^ vc, 12);
  va = (va + vb + at(words, SCHEDULE[from + 1] ?? 0)) | 0;
  vd = rotated(vd ^ va, 8);
  vc = (vc + vd) | 0;
  vb = rotated(vb ^ vc, 7);
  state[a] = va;
  state[b] = vb;
  state[c] = vc;
  state[d] = vd;
}

function at(array: Int32Array, index: number): number {
  return array[index] ?? 0;
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function scheduleOf(rounds: number): Uint8Array {
  const all = new Uint8Array(rounds * WORDS);
  for (let place = 0; place < all.length; place += 1) {
    const before = place - WORDS;
    if (before < 0) all[place] = place;
    else all[place] = all[before - (before % WORDS) + (PERMUTATION[place % WORDS] ?? 0)] ?? 0;
  }
  return all;
}
