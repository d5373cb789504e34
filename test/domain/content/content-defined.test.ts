import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cutter, GEAR, segmentSizesFor } from '#src/domain/content/content-defined.js';
import { GiB, KiB, MiB } from '#src/domain/limits.js';
import { noise } from '#test/support/contents.js';
import { randomFrom } from '#test/support/random.js';

/** As small contents are cut. */
const SIZES = segmentSizesFor(0);

/** One in a thousand loses nine: what can be promised is the mean of many. */
const INSERTIONS = 50;

/** @returns the segments of some bytes that come in blocks. */
function cut(bytes: Uint8Array, blockBytes = bytes.length): readonly Uint8Array[] {
  const cutter = new Cutter(SIZES);
  const ends: number[] = [];
  for (let start = 0; start < bytes.length; start += blockBytes) {
    const block = bytes.subarray(start, start + blockBytes);
    for (let at = cutter.next(block, 0); at !== -1; at = cutter.next(block, at)) {
      ends.push(start + at);
      if (at === block.length) break;
    }
  }
  if (ends.at(-1) !== bytes.length) ends.push(bytes.length);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function prints(segments: readonly Uint8Array[]): ReadonlySet<string> {
  return new Set(segments.map((one) => createHash('sha256').update(one).digest('hex')));
}

describe('content-defined cutting', () => {
  it('takes its gear from a published seed', () => {
    expect([...GEAR.subarray(0, 3), ...GEAR.subarray(-1)]).toEqual([
      1359758873, -533834434, 2075758394, -279412589,
    ]);
    expect(new Set(GEAR).size).toBe(256);
  });

  it('cuts larger contents coarser, so that a list stays short', () => {
    expect(segmentSizesFor(GiB)).toEqual({
      smallest: 16 * KiB,
      average: 64 * KiB,
      largest: 256 * KiB,
    });
    expect(segmentSizesFor(8 * GiB).average).toBe(64 * KiB);
    expect(segmentSizesFor(8 * GiB + 1).average).toBe(128 * KiB);
    expect(segmentSizesFor(16_384 * GiB).average).toBe(128 * MiB);
  });

  it('keeps to its sizes, and meets the average', () => {
    const segments = cut(noise(32 * MiB, 7));
    const lengths = segments.slice(0, -1).map(({ length }) => length);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(SIZES.smallest);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(SIZES.largest);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(mean).toBeGreaterThan(SIZES.average * 0.8);
    expect(mean).toBeLessThan(SIZES.average * 1.4);
  });

  it('cuts where bytes are all alike at the largest size', () => {
    const segments = cut(new Uint8Array(3 * SIZES.largest));
    expect(segments.map(({ length }) => length)).toEqual(Array(3).fill(SIZES.largest));
  });

  const content = noise(4 * MiB, 3);
  const whole = cut(content);

  it('makes segments that are the content, one after the other', () => {
    expect(Buffer.concat(whole).equals(content)).toBe(true);
  });

  it('cuts alike whatever blocks the bytes come in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1000, max: 2 * MiB }), (blockBytes) => {
        expect(cut(content, blockBytes).map(({ length }) => length)).toEqual(
          whole.map(({ length }) => length),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('finds nearly all segments again, wherever something is inserted', () => {
    const known = prints(whole);
    const random = randomFrom(1);
    const lost = Array.from({ length: INSERTIONS }, (_, seed) => {
      const at = Math.floor(random() * content.length);
      const inserted = noise(1 + Math.floor(random() * 300_000), seed);
      const changed = Buffer.concat([content.subarray(0, at), inserted, content.subarray(at)]);
      const found = prints(cut(changed));
      return [...known].filter((print) => !found.has(print)).length;
    });
    // The one it lies in, and those until both meet at a cut again: one more with half the chance, and another with half of that.
    const mean = lost.reduce((sum, each) => sum + each, 0) / INSERTIONS;
    expect(mean, `lost: ${lost.join(' ')}`).toBeLessThan(2.5);
  });
});
