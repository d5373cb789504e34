import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkSet, parseRanges } from '#src/domain/content/chunk-set.js';

describe('a chunk set', () => {
  it('holds what was added and not deleted, whatever the order', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(99)), { maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), steps, (size, changes) => {
        const set = new ChunkSet(size);
        const model = new Set<number>();
        for (const [isAdded, index] of changes) {
          const isNews = index < size && model.has(index) !== isAdded;
          expect(isAdded ? set.add(index) : set.delete(index)).toBe(isNews);
          if (!isNews) continue;
          if (isAdded) model.add(index);
          else model.delete(index);
        }
        expect([...set.values()]).toEqual([...model].toSorted((a, b) => a - b));
        expect(set.count).toBe(model.size);
        expect(set.isFull).toBe(model.size === size);
      }),
    );
  });

  it('travels as ranges and comes back the same', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(199)), (members) => {
        const set = new ChunkSet(200);
        for (const index of members) set.add(index);
        const ranges = set.toRanges();
        expect(parseRanges(ranges, 200)).toEqual(ranges);
        expect([...ChunkSet.from(200, ranges).values()]).toEqual([...set.values()]);
      }),
    );
  });

  it('leaves out the runs that do not fit', () => {
    const set = ChunkSet.from(10, [0, 1, 2, 1, 4, 3]);
    expect(set.toRanges(2)).toEqual([0, 1, 2, 1]);
    expect(set.toRanges(0)).toEqual([]);
  });

  it('is full without chunks', () => {
    expect(ChunkSet.full(0).isFull).toBe(true);
    expect(ChunkSet.full(0).toRanges()).toEqual([]);
  });

  it.each([-1, 8, 9, 2 ** 31, 2 ** 32])('takes no chunk %d where there are eight', (index) => {
    const set = ChunkSet.full(8);
    expect(set.has(index)).toBe(false);
    expect(set.add(index)).toBe(false);
    expect(set.delete(index)).toBe(false);
    expect(set.count).toBe(8);
  });
});

describe('parsing ranges', () => {
  it.each([
    ['an odd number of values', [0]],
    ['no whole numbers', [0.5, 1]],
    ['texts', ['0', '1']],
    ['an empty run', [0, 0]],
    ['a negative start', [-1, 2]],
    ['runs out of order', [5, 1, 0, 1]],
    ['runs that overlap', [0, 3, 2, 1]],
    ['an end beyond the chunks', [9, 2]],
    ['an end beyond every number', [0, Number.MAX_SAFE_INTEGER]],
    ['what is no number', [Number.NaN, 1]],
    ['what has no end', [0, Number.POSITIVE_INFINITY]],
  ])('refuses %s', (_, values) => {
    expect(parseRanges(values, 10)).toBeUndefined();
  });

  it('takes runs that touch', () => {
    expect(parseRanges([0, 3, 3, 7], 10)).toEqual([0, 3, 3, 7]);
  });
});
