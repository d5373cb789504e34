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

/** Where the words of the next round stand in those of this one. */
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8] as const;

/** The words of all rounds, one round after the other. */
const SCHEDULE = scheduleOf(ROUNDS);

const block = new Uint8Array(BLOCK_BYTES);
const blockView = new DataView(block.buffer);
const words = new Int32Array(WORDS);
const digest = new DataView(new ArrayBuffer(BLOCK_BYTES / 2));
const digestBytes = new Uint8Array(digest.buffer);

/** @param bytes at most `BLOCK_BYTES`. @returns their hash. */
export function blake3OfBlock(bytes: Uint8Array): Uint8Array {
  if (bytes.length > BLOCK_BYTES) throw new RangeError('more than a block');
  block.fill(0);
  block.set(bytes);
  for (let at = 0; at < WORDS; at += 1) words[at] = blockView.getInt32(4 * at, true);
  compress(bytes.length);
  return digestBytes.slice();
}

/**
 * Hashes `words` into `digest`. The state lies in sixteen variables, and each line is half a mix of four of them: in an
 * array they would take twice as long.
 */
// biome-ignore format: one line for each half of a mix shows the columns, then the diagonals.
function compress(length: number): void {
  let a = 0x6a09e667; let b = 0xbb67ae85; let c = 0x3c6ef372; let d = 0xa54ff53a;
  let e = 0x510e527f; let f = 0x9b05688c; let g = 0x1f83d9ab; let h = 0x5be0cd19;
  // The counter of chunks, in m and n, is 0.
  let i = a; let j = b; let k = c; let l = d; let m = 0; let n = 0; let o = length; let p = FLAGS;
  for (let at = 0; at < ROUNDS * WORDS; at += WORDS) {
    a = (a + e + word(at)) | 0; m = turn(m ^ a, 16); i = (i + m) | 0; e = turn(e ^ i, 12);
    a = (a + e + word(at + 1)) | 0; m = turn(m ^ a, 8); i = (i + m) | 0; e = turn(e ^ i, 7);
    b = (b + f + word(at + 2)) | 0; n = turn(n ^ b, 16); j = (j + n) | 0; f = turn(f ^ j, 12);
    b = (b + f + word(at + 3)) | 0; n = turn(n ^ b, 8); j = (j + n) | 0; f = turn(f ^ j, 7);
    c = (c + g + word(at + 4)) | 0; o = turn(o ^ c, 16); k = (k + o) | 0; g = turn(g ^ k, 12);
    c = (c + g + word(at + 5)) | 0; o = turn(o ^ c, 8); k = (k + o) | 0; g = turn(g ^ k, 7);
    d = (d + h + word(at + 6)) | 0; p = turn(p ^ d, 16); l = (l + p) | 0; h = turn(h ^ l, 12);
    d = (d + h + word(at + 7)) | 0; p = turn(p ^ d, 8); l = (l + p) | 0; h = turn(h ^ l, 7);
    a = (a + f + word(at + 8)) | 0; p = turn(p ^ a, 16); k = (k + p) | 0; f = turn(f ^ k, 12);
    a = (a + f + word(at + 9)) | 0; p = turn(p ^ a, 8); k = (k + p) | 0; f = turn(f ^ k, 7);
    b = (b + g + word(at + 10)) | 0; m = turn(m ^ b, 16); l = (l + m) | 0; g = turn(g ^ l, 12);
    b = (b + g + word(at + 11)) | 0; m = turn(m ^ b, 8); l = (l + m) | 0; g = turn(g ^ l, 7);
    c = (c + h + word(at + 12)) | 0; n = turn(n ^ c, 16); i = (i + n) | 0; h = turn(h ^ i, 12);
    c = (c + h + word(at + 13)) | 0; n = turn(n ^ c, 8); i = (i + n) | 0; h = turn(h ^ i, 7);
    d = (d + e + word(at + 14)) | 0; o = turn(o ^ d, 16); j = (j + o) | 0; e = turn(e ^ j, 12);
    d = (d + e + word(at + 15)) | 0; o = turn(o ^ d, 8); j = (j + o) | 0; e = turn(e ^ j, 7);
  }
  digest.setInt32(0, a ^ i, true); digest.setInt32(4, b ^ j, true);
  digest.setInt32(8, c ^ k, true); digest.setInt32(12, d ^ l, true);
  digest.setInt32(16, e ^ m, true); digest.setInt32(20, f ^ n, true);
  digest.setInt32(24, g ^ o, true); digest.setInt32(28, h ^ p, true);
}

/** @param at its place in `SCHEDULE`. */
function word(at: number): number {
  return words[SCHEDULE[at] ?? 0] ?? 0;
}

function turn(bits: number, by: number): number {
  return (bits >>> by) | (bits << (32 - by));
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
