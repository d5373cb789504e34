import { describe, expect, it } from 'vitest';
import { toHex } from '#src/domain/content/hash.js';
import { blake3Of, blake3Stream } from '#src/io/content/blake3.js';

// From BLAKE3's own test_vectors.json: the input is 0, 1, ..., 250, 0, 1, ...
const VECTORS: readonly (readonly [number, string])[] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
];

function input(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, n) => n % 251);
}

describe('BLAKE3', () => {
  it.each(VECTORS)('of %d bytes is what its authors publish', (size, digest) => {
    expect(toHex(blake3Of(input(size)))).toBe(digest);
  });

  it('is the same in pieces, and of a view into other bytes', () => {
    const bytes = input(5000);
    const stream = blake3Stream();
    stream.update(bytes.subarray(0, 1));
    stream.update(bytes.subarray(1));
    expect(toHex(stream.digest())).toBe(toHex(blake3Of(bytes)));
    const padded = new Uint8Array(6000);
    padded.set(bytes, 500);
    expect(toHex(blake3Of(padded.subarray(500, 5500)))).toBe(toHex(blake3Of(bytes)));
  });
});
