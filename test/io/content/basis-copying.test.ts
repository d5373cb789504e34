import { rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { copiesByHash } from '#src/domain/content/copies.js';
import { KiB } from '#src/domain/limits.js';
import { copyChunks } from '#src/io/content/basis-copying.js';
import { blake3Of } from '#src/io/content/blake3.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { newFolder, writeTree } from '#test/support/folders.js';

const CHUNK = 256 * KiB;

const TREE: Tree = {
  a: noise(3 * CHUNK, 1),
  b: noise(2 * CHUNK, 2),
  'small/one': noise(1000, 3),
  'small/two': noise(2000, 4),
};

/** What lies there and is wanted again; `damage` comes between the look at it and the copying. */
function copying(damage: (path: string) => void = () => undefined) {
  const path = join(newFolder(), 'basis');
  writeTree(path, TREE);
  const manifest = manifestOf(TREE);
  const { layout, entries } = manifest;
  damage(path);
  const copied = new Map<number, Uint8Array>();
  const controller = new AbortController();
  const run = (have: readonly number[] = [], onGood: () => void = () => undefined) =>
    copyChunks({
      wanted: manifest,
      have: ChunkSet.from(layout.chunks, have),
      basis: manifest,
      path,
      piecesOf: copiesByHash(manifest, manifest),
      signal: controller.signal,
      onProgress: () => undefined,
      onGood: async (index, bytes) => {
        copied.set(index, blake3Of(bytes));
        onGood();
      },
    });
  const isRight = ([index, hash]: [number, Uint8Array]) =>
    Buffer.from(hash).equals(blake3Of(chunkBytesOf(TREE, entries, layout, index)));
  return { path, run, copied, controller, allRight: () => [...copied].every(isRight) };
}

describe('copying from what lies here', () => {
  it('brings every chunk that is not here yet', async () => {
    const { run, allRight, copied } = copying();
    expect(await run([1, 2])).toEqual([0, 3, 4, 5]);
    expect([...copied.keys()]).toEqual([0, 3, 4, 5]);
    expect(allRight()).toBe(true);
  });

  it.each<[string, (path: string) => void, readonly number[]]>([
    ['is gone', (path) => rmSync(path, { recursive: true }), []],
    ['has lost a file', (path) => rmSync(join(path, 'a')), [3, 4, 5]],
    [
      'has lost a small file',
      (path) => rmSync(join(path, 'small'), { recursive: true }),
      [0, 1, 2, 3, 4],
    ],
    ['has a shorter file', (path) => truncateSync(join(path, 'a'), CHUNK + 9), [0, 3, 4, 5]],
    [
      'has other bytes',
      (path) => writeFileSync(join(path, 'b'), noise(2 * CHUNK, 9)),
      [0, 1, 2, 5],
    ],
    [
      'has a small file that is another',
      (path) => writeFileSync(join(path, 'small/one'), noise(1000, 9)),
      [0, 1, 2, 3, 4],
    ],
    [
      'has a link in the place of a file',
      (path) => {
        rmSync(join(path, 'a'));
        symlinkSync('/etc/hostname', join(path, 'a'));
      },
      [3, 4, 5],
    ],
    [
      'has a folder in the place of a file',
      (path) => {
        rmSync(join(path, 'a'));
        writeTree(join(path, 'a'), { x: noise(9) });
      },
      [3, 4, 5],
    ],
  ])('brings what is still right where it %s by now', async (_, damage, expected) => {
    const { run, allRight } = copying(damage);
    expect(await run()).toEqual(expected);
    expect(allRight()).toBe(true);
  });

  it('brings nothing wrong where it is removed while it is read', async () => {
    const { run, path, allRight, copied } = copying();
    const good = await run([], () => rmSync(path, { recursive: true, force: true }));
    expect(good.length).toBe(copied.size);
    expect(good.length).toBeLessThan(6);
    expect(allRight()).toBe(true);
  });

  it('ends between two chunks when it is told to', async () => {
    const { run, controller, copied } = copying();
    const why = new Error('no more');
    await expect(run([], () => controller.abort(why))).rejects.toBe(why);
    expect(copied.size).toBe(1);
  });
});
