import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framePieces } from '#src/io/net/frame-pieces.js';
import { frameChunk } from '#src/io/serve/chunk-frames.js';
import { chunkFrames } from '#src/io/spread/giver.js';
import { FRAME_HEADER_BYTES, FrameReader } from '#src/wire/frame.js';
import { noise } from '#test/support/contents.js';

/** What a reader makes of it. */
function read(pieces: Iterable<Uint8Array>) {
  const types: number[] = [];
  const bytes: Uint8Array[] = [];
  const reader = new FrameReader({
    frame: (type) => types.push(type),
    chunkBytes: (request, part) => {
      expect(request).toBe(7);
      bytes.push(part.slice());
    },
  });
  for (const piece of pieces) reader.push(piece);
  return { types, bytes: Buffer.concat(bytes) };
}

describe('frames cut smaller', () => {
  it('bring the same bytes, none in a longer frame than asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 700_000 }),
        fc.integer({ min: 1024, max: 300_000 }),
        (length, most) => {
          const chunk = noise(length);
          const memory = new Uint8Array(length + 16 * FRAME_HEADER_BYTES);
          const { gaps, slices } = frameChunk(memory, 7, length);
          let at = 0;
          for (const gap of gaps) {
            gap.set(chunk.subarray(at, at + gap.length));
            at += gap.length;
          }
          const pieces = slices.flatMap((slice) => [...framePieces(slice, () => most)]);
          for (const piece of pieces)
            expect(piece.length).toBeLessThanOrEqual(most + FRAME_HEADER_BYTES);
          expect(read(pieces).bytes.equals(chunk)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('leave what is no chunk as it is, and all of it where nothing is asked', () => {
    const { frames, targets } = chunkFrames(7, 3, 300_000);
    for (const target of targets) target.fill(5);
    expect([...framePieces(frames, () => undefined)]).toEqual([frames]);
    const pieces = [...framePieces(frames, () => 64_000)];
    const { types, bytes } = read(pieces);
    expect([types.length, bytes.length]).toEqual([1, 300_000]);
    expect(pieces.length).toBe(1 + 5 + 1);
  });
});
