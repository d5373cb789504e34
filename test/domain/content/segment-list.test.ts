import { describe, expect, it } from 'vitest';
import { segmentSizesFor } from '#src/domain/content/content-defined.js';
import { sizeOf } from '#src/domain/content/entries.js';
import {
  parseSegments,
  SEGMENT_BYTES,
  segmentKey,
  segmentLength,
  writeRecord,
} from '#src/domain/content/segment-list.js';
import { KiB } from '#src/domain/limits.js';
import { manifestOf, noise } from '#test/support/contents.js';

const CHUNK = 256 * KiB;
/** Two files of chunks of their own, and one that travels in a pack. */
const manifest = manifestOf({
  a: noise(CHUNK + 5, 1),
  'b small': noise(100, 2),
  c: noise(CHUNK, 3),
});
const { smallest, largest } = segmentSizesFor(manifest.bytes);

function listOf(...lengths: readonly number[]): Uint8Array {
  const records = new Uint8Array(lengths.length * SEGMENT_BYTES);
  for (const [index, length] of lengths.entries()) {
    writeRecord(records, index * SEGMENT_BYTES, length, noise(32, index + 1));
  }
  return records;
}

describe('a list of segments', () => {
  it('tells of each where it lies in the large files', () => {
    const list = parseSegments(listOf(CHUNK, 5, smallest, CHUNK - smallest), manifest);
    expect(list.count).toBe(4);
    expect([...list.offsets]).toEqual([0, CHUNK, 0, smallest]);
    expect([...list.entries].map((entry) => sizeOf(manifest.entries, entry))).toEqual([
      CHUNK + 5,
      CHUNK + 5,
      CHUNK,
      CHUNK,
    ]);
    expect(segmentLength(list, 3)).toBe(CHUNK - smallest);
    expect(segmentKey(list, 1)).toBe(Buffer.from(noise(16, 2)).toString('latin1'));
  });

  it.each([
    ['ends too early', listOf(CHUNK, 5)],
    ['is empty', listOf()],
    ['is longer than its content', listOf(CHUNK, 5, CHUNK, smallest)],
    ['is cut off in a record', listOf(CHUNK, 5, CHUNK).subarray(0, -1)],
    ['has a segment across two files', listOf(CHUNK, 6, CHUNK - 1)],
    ['has one that is too short', listOf(smallest - 1, CHUNK - smallest + 1, 5, CHUNK)],
    ['has one that is too long', listOf(largest + 1, 4, CHUNK)],
    ['has one of no bytes', listOf(0, CHUNK, 5, CHUNK)],
    ['has one of 2^32 - 1', listOf(2 ** 32 - 1)],
  ])('is refused where it %s', (_, records) => {
    expect(() => parseSegments(records, manifest)).toThrow(
      expect.objectContaining({ code: 'protocol' }),
    );
  });
});
