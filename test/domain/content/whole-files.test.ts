import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { isFile } from '#src/domain/content/entries.js';
import { chunksOf } from '#src/domain/content/layout.js';
import { WholeFiles } from '#src/domain/content/whole-files.js';
import { manifestOf, noise, type Tree } from '#test/support/contents.js';

const tree: Tree = {
  'empty/': new Uint8Array(),
  'nothing.txt': new Uint8Array(),
  ...Object.fromEntries(
    [10, 300, 5000, 70_000, 262_144, 300_000, 600_000, 900_000].map((size, at) => [
      `file ${at}`,
      noise(size, at + 1),
    ]),
  ),
};
const { layout, entries } = manifestOf(tree);

/** The plain way: each file by its own chunks. */
function countOf(have: ChunkSet): number {
  let done = 0;
  for (let entry = 0; entry < entries.count; entry += 1) {
    if (!isFile(entries, entry)) continue;
    const [first, count] = chunksOf(layout, entries, entry);
    const chunks = Array.from({ length: count }, (_, at) => first + at);
    if (chunks.every((index) => have.has(index))) done += 1;
  }
  return done;
}

describe('counting whole files', () => {
  it('has those without a byte from the start, and all in the end', () => {
    const none = new WholeFiles(layout, entries, new ChunkSet(layout.chunks));
    expect([none.all, none.done]).toEqual([9, 1]);
    const all = new WholeFiles(layout, entries, ChunkSet.full(layout.chunks));
    expect([all.all, all.done]).toEqual([9, 9]);
  });

  it('agrees with looking at each file, in whichever order chunks come', () => {
    const order = fc.shuffledSubarray(
      Array.from({ length: layout.chunks }, (_, index) => index),
      { minLength: layout.chunks },
    );
    fc.assert(
      fc.property(order, fc.nat(layout.chunks), (chunks, before) => {
        const have = new ChunkSet(layout.chunks);
        for (const index of chunks.slice(0, before)) have.add(index);
        const files = new WholeFiles(layout, entries, have);
        for (const index of chunks.slice(before)) {
          expect(files.done).toBe(countOf(have));
          have.add(index);
          files.gain(index);
        }
        expect(files.done).toBe(files.all);
      }),
    );
  });
});
