import { describe, expect, it } from 'vitest';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { chunksRelaid } from '#src/domain/content/relaid.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { manifestOf, noise, type Tree } from '#test/support/contents.js';

const CHUNK = 256 * KiB;

const before: Tree = {
  a: noise(2 * CHUNK, 1),
  b: noise(3 * CHUNK + 5, 2),
  'small/c': noise(10, 3),
  'small/d': noise(20, 4),
};

/** @param chunks of what was before; all of it where none are named */
function relaid(now: Tree, chunks?: readonly number[], was: Tree = before): readonly number[] {
  const earlier = manifestOf(was);
  const have = new ChunkSet(earlier.layout.chunks);
  const all = Array.from({ length: earlier.layout.chunks }, (_, index) => index);
  for (const index of chunks ?? all) have.add(index);
  return chunksRelaid(manifestOf(now), earlier, have);
}

const without = (path: string) =>
  Object.fromEntries(Object.entries(before).filter(([name]) => name !== path));

describe('chunks of another listing whose bytes are here', () => {
  it.each([
    ['all of the same', before, undefined, [0, 1, 2, 3, 4, 5, 6]],
    [
      'all but those of what is gone, under other numbers',
      without('a'),
      undefined,
      [0, 1, 2, 3, 4],
    ],
    ['those that had come', without('a'), [0, 3, 5], [1, 3]],
    ['a pack that lost a file', without('small/c'), undefined, [0, 1, 2, 3, 4, 5, 6]],
    [
      'none of a pack that gained one',
      { ...before, 'small/e': noise(5) },
      undefined,
      [0, 1, 2, 3, 4, 5],
    ],
    ['none of a pack that has not come', without('a'), [0, 1, 2, 3, 4, 5], [0, 1, 2, 3]],
    ['nothing of what has another path', { z: before['a'] as Uint8Array }, undefined, []],
  ])('are %s', (_, now, chunks, found) => {
    expect(relaid(now, chunks)).toEqual(found);
  });

  it('are those of a file that grew as far as it was listed, and of one that shrank', () => {
    const { a, b } = before as { a: Uint8Array; b: Uint8Array };
    expect(relaid({ a: Buffer.concat([a, a]), b })).toEqual([0, 1, 4, 5, 6, 7]);
    expect(relaid({ a: a.subarray(0, CHUNK + 9), b })).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('are found where all chunks are of another size, and what was large is packed by now', () => {
    const large = { a: new Uint8Array(64 * MiB), b: noise(CHUNK + 1), c: noise(CHUNK + 2) };
    const { a: _, ...small } = large;
    expect(manifestOf(large).layout.chunkBytes).toBe(2 * CHUNK);
    expect(relaid(small, undefined, large)).toEqual([0, 1, 2, 3]);
    expect(relaid(large, [0, 2], small)).toEqual([]);
    expect(relaid(large, undefined, small)).toEqual([128, 129]);
  });

  it('are none where a folder stands in the place of a file', () => {
    expect(relaid({ 'a/x': noise(CHUNK, 1) })).toEqual([]);
  });
});
