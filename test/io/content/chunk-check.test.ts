import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import { checkChunks } from '#src/io/content/chunk-check.js';
import type { Tree } from '#test/support/contents.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder, writeTree } from '#test/support/folders.js';

const CHUNK = 256 * KiB;

function staged(tree: Tree) {
  const staging = newFolder();
  const manifest = manifestOf(tree);
  writeTree(join(staging, manifest.kind === 'file' ? 'data' : 'tree'), tree);
  const all = Array.from({ length: manifest.layout.chunks }, (_, index) => index);
  const progress: number[] = [];
  const check = (chunks = all, signal = new AbortController().signal) =>
    checkChunks({
      source: { kind: 'partial', path: staging, have: [] },
      manifest,
      chunks,
      signal,
      onProgress: (doneBytes, bytes) => progress.push(doneBytes / bytes),
    });
  return { staging, all, check, progress };
}

describe('the check of a staged download', () => {
  it('finds every chunk of a whole one good, and tells how far it is', async () => {
    const { all, check, progress } = staged({ '': noise(3 * CHUNK + 9) });
    expect(await check()).toEqual(all);
    expect(progress).toHaveLength(4);
    expect(progress.at(-1)).toBe(1);
    expect(await check([2])).toEqual([2]);
    expect(await check([])).toEqual([]);
  });

  it('finds the chunks that are missing, cut off or different', async () => {
    const tree = { a: noise(CHUNK, 1), b: noise(CHUNK, 2), c: noise(CHUNK, 3), d: noise(9, 4) };
    const { staging, all, check } = staged(tree);
    rmSync(join(staging, 'tree', 'a'));
    writeFileSync(join(staging, 'tree', 'b'), noise(CHUNK - 1, 2));
    writeFileSync(join(staging, 'tree', 'c'), noise(CHUNK, 30));
    expect(all).toHaveLength(4);
    expect(await check()).toEqual([3]);
  });

  it('stops when it is told to, whatever it was reading', async () => {
    const { check } = staged({ '': noise(3 * CHUNK) });
    await expect(check(undefined, AbortSignal.abort(new Error('enough')))).rejects.toThrow(
      'enough',
    );
  });
});
