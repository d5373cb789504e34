import { blake3 } from '@napi-rs/blake-hash';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES, blake3OfBlock } from '#src/io/content/blake3-block.js';

describe('BLAKE3 of one block', () => {
  it('is what the native code says, for every length', () => {
    for (let length = 0; length <= BLOCK_BYTES; length += 1) {
      const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + length) % 256);
      expect(Buffer.from(blake3OfBlock(bytes))).toEqual(blake3(Buffer.from(bytes)));
    }
  });

  it('is what the native code says, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: BLOCK_BYTES }), (bytes) => {
        expect(Buffer.from(blake3OfBlock(bytes))).toEqual(blake3(Buffer.from(bytes)));
      }),
    );
  });

  it('takes no more than a block', () => {
    expect(() => blake3OfBlock(new Uint8Array(BLOCK_BYTES + 1))).toThrow(RangeError);
  });
});
