import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkMapOf } from '#src/domain/content/chunk-map.js';
import { ChunkSet } from '#src/domain/content/chunk-set.js';

describe('the map of a content', () => {
  it('has a cell for each chunk where they are few', () => {
    expect(chunkMapOf(ChunkSet.from(5, [1, 2]))).toEqual({
      chunks: 5,
      have: 2,
      cells: [0, 100, 100, 0, 0],
    });
    expect(chunkMapOf(new ChunkSet(0))).toEqual({ chunks: 0, have: 0, cells: [] });
  });

  it('has 256 cells for the largest content there may be, and says of none that it is whole or empty where it is not', () => {
    const size = 2 ** 22;
    const cell = size / 256;
    const set = ChunkSet.from(size, [0, cell, cell * 2, 1, cell * 3, cell - 1, cell * 4, cell / 2]);
    const { cells } = chunkMapOf(set);
    expect(cells).toHaveLength(256);
    expect(cells.slice(0, 6)).toEqual([100, 0, 1, 99, 50, 0]);
  });

  it('counts each chunk in one cell, wherever cells begin and end', () => {
    const sizes = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(sizes, fc.array(fc.nat(2999)), (size, indices) => {
        const set = new ChunkSet(size);
        for (const index of indices) set.add(index);
        const cut = Math.floor(size / 3);
        expect(set.countIn(0, cut) + set.countIn(cut, size)).toBe(set.count);
        expect(set.countIn(0, cut)).toBe([...set.values()].filter((at) => at < cut).length);
        expect(chunkMapOf(set).cells.every((cell) => cell === 100)).toBe(set.isFull);
      }),
    );
  });
});
