import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KiB, LIMITS, MiB } from '#src/domain/limits.js';
import { FRAMED_CHUNK_BYTES, frameChunk } from '#src/io/serve/chunk-frames.js';
import { FrameReader } from '#src/wire/frame.js';
import { noise } from '#test/support/contents.js';

describe('a framed chunk', () => {
  it('reads back as the bytes that were put into its gaps, whatever its length', () => {
    const memory = new Uint8Array(FRAMED_CHUNK_BYTES);
    const lengths = fc.oneof(
      fc.integer({ min: 1, max: LIMITS.chunkBytes }),
      fc.constantFrom(1, 256 * KiB - 1, 256 * KiB, 256 * KiB + 1, MiB, LIMITS.chunkBytes),
    );
    fc.assert(
      fc.property(lengths, (length) => {
        const bytes = noise(length);
        const { gaps, slices } = frameChunk(memory, 7, length);
        let at = 0;
        for (const gap of gaps) {
          gap.set(bytes.subarray(at, at + gap.length));
          at += gap.length;
        }
        const read: Uint8Array[] = [];
        const reader = new FrameReader({
          frame: () => expect.unreachable('only chunk bytes are framed'),
          chunkBytes: (request, part) => {
            expect(request).toBe(7);
            read.push(part.slice());
          },
        });
        for (const slice of slices) {
          expect(slice.length).toBeLessThanOrEqual(MiB + 4 * 9);
          reader.push(slice);
        }
        expect(Buffer.compare(Buffer.concat(read), bytes)).toBe(0);
      }),
      { numRuns: 20 },
    );
  });
});
