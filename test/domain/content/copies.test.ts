import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { segmentSizesFor } from '#src/domain/content/content-defined.js';
import { copiesByHash, copiesBySegments, type PiecesOf } from '#src/domain/content/copies.js';
import { pathOf } from '#src/domain/content/entries.js';
import type { Manifest } from '#src/domain/content/manifest.js';
import { parseSegments } from '#src/domain/content/segment-list.js';
import { KiB } from '#src/domain/limits.js';
import { cutContent } from '#src/io/content/segment-cutting.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { newFolder, writeTree } from '#test/support/folders.js';

const CHUNK = 256 * KiB;

/** @returns the chunks that can be put together, each checked against what it is. */
function copied(wanted: Tree, basis: Tree, piecesOf: PiecesOf): readonly number[] {
  const manifest = manifestOf(wanted);
  const { entries } = manifestOf(basis);
  const { layout } = manifest;
  return Array.from({ length: layout.chunks }, (_, chunk) => chunk).filter((chunk) => {
    const pieces = piecesOf(chunk);
    if (pieces === undefined) return false;
    const expected = chunkBytesOf(wanted, manifest.entries, layout, chunk);
    const found = new Uint8Array(expected.length);
    for (const { entry, fileOffset, chunkOffset, bytes } of pieces) {
      const file = basis[pathOf(entries, entry)] ?? new Uint8Array();
      found.set(file.subarray(fileOffset, fileOffset + bytes), chunkOffset);
    }
    expect(Buffer.from(found).equals(expected)).toBe(true);
    return true;
  });
}

function byHash(wanted: Tree, basis: Tree): readonly number[] {
  return copied(wanted, basis, copiesByHash(manifestOf(wanted), manifestOf(basis)));
}

/** Cut as the wanted content is. */
async function listOf(tree: Tree, wanted: Manifest) {
  const staging = newFolder();
  const manifest = manifestOf(tree);
  writeTree(join(staging, manifest.kind === 'file' ? 'data' : 'tree'), tree);
  const sizes = segmentSizesFor(wanted.bytes);
  const records = await cutContent({
    source: { kind: 'partial', path: staging, have: [] },
    manifest,
    sizes,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return parseSegments(records, manifest, sizes);
}

async function bySegments(wanted: Tree, basis: Tree): Promise<readonly number[]> {
  const manifest = manifestOf(wanted);
  const lists = [await listOf(wanted, manifest), await listOf(basis, manifest)] as const;
  return copied(wanted, basis, copiesBySegments(manifest, ...lists));
}

describe('what both manifests name', () => {
  const old: Tree = {
    large: noise(4 * CHUNK + 7, 1),
    'one small': noise(1000, 2),
    'other small': noise(2000, 3),
  };

  it('is all of it where nothing has changed, wherever it lies by now', () => {
    const moved = {
      'in/another': old['large'] ?? [],
      x: old['other small'] ?? [],
      y: old['one small'] ?? [],
    } as Tree;
    expect(byHash(old, old)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(byHash(moved, old)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('is all but the chunks that were changed', () => {
    const large = Uint8Array.from(old['large'] ?? []);
    large.set(noise(9, 9), 2 * CHUNK);
    expect(byHash({ ...old, large }, old)).toEqual([0, 1, 3, 4, 5]);
    expect(byHash({ ...old, 'one small': noise(1000, 8) }, old)).toEqual([0, 1, 2, 3, 4]);
  });

  it('is nothing of another content', () => {
    expect(byHash(old, { large: noise(4 * CHUNK, 5), small: noise(99, 6) })).toEqual([]);
  });
});

describe('what has the same segments', () => {
  const old = noise(12 * CHUNK, 4);

  it('is all but what lies around an insertion', async () => {
    const at = 3 * CHUNK + 500;
    const fresh = Buffer.concat([old.subarray(0, at), noise(333, 5), old.subarray(at)]);
    expect(await bySegments({ '': fresh }, { '': old })).toEqual(
      expect.arrayContaining([0, 1, 6, 7, 8, 9, 10, 11, 12]),
    );
  });

  it('is found in whatever file it lies', async () => {
    const fresh = { a: noise(CHUNK, 6), b: old.subarray(1000), c: noise(10, 7) };
    const found = await bySegments(fresh, { x: noise(2 * CHUNK, 8), y: old });
    expect(found.length).toBeGreaterThanOrEqual(9);
    expect(found).not.toContain(0);
  });

  it('is nothing of another content', async () => {
    expect(await bySegments({ '': noise(3 * CHUNK, 9) }, { '': old })).toEqual([]);
  });
});
