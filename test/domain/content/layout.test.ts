import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Listed } from '#src/domain/content/entries.js';
import { comparePaths, encodeEntries, isFile, sizeOf } from '#src/domain/content/entries.js';
import {
  chunkLength,
  chunksOf,
  layoutOf,
  PACK_FILES,
  partsOf,
} from '#src/domain/content/layout.js';
import { KiB } from '#src/domain/limits.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { manifestOf, noise } from '#test/support/contents.js';

const CHUNK = 256 * KiB;

function file(path: string, bytes: number): Listed {
  return { path, kind: 'file', bytes };
}

function laidOut(listed: readonly Listed[]) {
  const entries = encodeEntries(listed.toSorted((a, b) => comparePaths(a.path, b.path)));
  return { entries, layout: layoutOf(entries, CHUNK, blake3Of) };
}

describe('the layout', () => {
  it('gives every byte of every file to exactly one chunk', () => {
    const size = fc.oneof(
      fc.constantFrom(0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK),
      fc.integer({ min: 0, max: 3 * CHUNK }),
    );
    fc.assert(
      fc.property(fc.array(size, { maxLength: 60 }), (sizes) => {
        const { entries, layout } = laidOut(sizes.map((bytes, n) => file(`f${n}`, bytes)));
        const covered = Array.from({ length: entries.count }, () => 0);
        for (let index = 0; index < layout.chunks; index += 1) {
          let filled = 0;
          for (const part of partsOf(layout, entries, index)) {
            expect(part.chunkOffset).toBe(filled);
            expect(part.fileOffset).toBe(covered[part.entry]);
            covered[part.entry] = (covered[part.entry] ?? 0) + part.bytes;
            filled += part.bytes;
            const [first, count] = chunksOf(layout, entries, part.entry);
            expect(index).toBeGreaterThanOrEqual(first);
            expect(index).toBeLessThan(first + count);
          }
          expect(chunkLength(layout, entries, index)).toBe(filled);
          expect(filled).toBeGreaterThan(0);
          expect(filled).toBeLessThanOrEqual(CHUNK);
        }
        expect(covered).toEqual(covered.map((_, entry) => sizeOf(entries, entry)));
      }),
    );
  });

  it('puts large files first, then packs', () => {
    const { entries, layout } = laidOut([file('a', 10), file('b', CHUNK + 1), file('c', 0)]);
    expect(partsOf(layout, entries, 0)).toEqual([
      { entry: 1, fileOffset: 0, chunkOffset: 0, bytes: CHUNK },
    ]);
    expect(partsOf(layout, entries, 1)).toEqual([
      { entry: 1, fileOffset: CHUNK, chunkOffset: 0, bytes: 1 },
    ]);
    expect(partsOf(layout, entries, 2)).toEqual([
      { entry: 0, fileOffset: 0, chunkOffset: 0, bytes: 10 },
    ]);
    expect(chunksOf(layout, entries, 2)).toEqual([0, 0]);
  });

  it('knows no chunk beyond its last', () => {
    const { entries, layout } = laidOut([file('a', CHUNK), file('b', 1)]);
    expect(layout.chunks).toBe(2);
    expect(() => partsOf(layout, entries, 2)).toThrow(RangeError);
  });

  it('puts at most 4,096 files into a pack', () => {
    const listed = Array.from({ length: 2 * PACK_FILES }, (_, n) => file(`f${n}`, 1));
    const { entries, layout } = laidOut(listed);
    for (let index = 0; index < layout.chunks; index += 1) {
      expect(partsOf(layout, entries, index).length).toBeLessThanOrEqual(PACK_FILES);
    }
  });

  it('refuses more than 2^22 chunks and more than 2^53 bytes', () => {
    expect(() => laidOut([file('a', CHUNK * 2 ** 22 + 1)])).toThrow(/too many chunks/);
    expect(() => laidOut([file('a', 2 ** 52), file('b', 2 ** 52)])).toThrow();
  });

  it('finds its way through a million entries and four million chunks in no time', () => {
    const listed = Array.from({ length: 20_000 }, (_, n) => file(`f${n}`, CHUNK * 200));
    const { entries, layout } = laidOut(listed);
    expect(layout.chunks).toBe(4_000_000);
    expect(partsOf(layout, entries, 3_999_999)[0]?.fileOffset).toBe(CHUNK * 199);
    expect(isFile(entries, 19_999)).toBe(true);
  });

  it('keeps most packs as they are when one file more comes in', () => {
    const tree: Record<string, Uint8Array> = {};
    for (let n = 0; n < 2000; n += 1) tree[`dir/${n * 7919}.txt`] = noise(3000 + (n % 500), n);
    const before = manifestOf(tree);
    for (const name of ['dir/0000', 'dir/5', 'dir/9999999']) {
      const after = manifestOf({ ...tree, [name]: noise(1500, 77) });
      const known = new Set<string>();
      for (let n = 0; n < before.layout.chunks; n += 1) {
        known.add(Buffer.from(before.chunkHashes.subarray(n * 32, n * 32 + 32)).toString('hex'));
      }
      let kept = 0;
      for (let n = 0; n < after.layout.chunks; n += 1) {
        const hash = Buffer.from(after.chunkHashes.subarray(n * 32, n * 32 + 32)).toString('hex');
        if (known.has(hash)) kept += 1;
      }
      expect(kept).toBeGreaterThan(after.layout.chunks * 0.75);
    }
  });
});
