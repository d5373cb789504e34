import { chmodSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { withFolder } from '#src/io/disk/held-folder.js';
import { applyHints, otherThan } from '#src/io/fetch/draft-staging.js';
import { HASHES } from '#src/io/fetch/journal.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { draftOf } from '#test/support/drafts.js';
import { newFolder } from '#test/support/folders.js';

const manifest = manifestOf({ '': noise(700 * 1024) });

function stagedWith(hashes?: Uint8Array): string {
  const staging = join(newFolder(), 'staging');
  mkdirSync(staging);
  if (hashes !== undefined) writeFileSync(join(staging, HASHES), hashes);
  return staging;
}

describe('chunks that were fetched by a draft', () => {
  const [a, b, c] = [0, 1, 2].map((at) => manifest.chunkHashes.slice(at * 32, (at + 1) * 32));
  const wrong = noise(32, 9);

  it.each([
    ['all by those of the manifest', [a, b, c], []],
    ['one by another', [a, wrong, c], [1]],
    ['one by none that was noted', [a, new Uint8Array(32), c], [1]],
    ['some by what was torn off', [a, b?.subarray(0, 31)], [1, 2]],
    ['all by nothing', [], [0, 1, 2]],
    ['all by the content itself, where nothing is noted any more', undefined, []],
  ])('were proven %s', async (_, noted, doubted) => {
    const staging = stagedWith(noted && Buffer.concat(noted as Uint8Array[]));
    expect(await otherThan(staging, manifest, ChunkSet.full(3))).toEqual(doubted);
    expect(await otherThan(staging, manifest, new ChunkSet(3))).toEqual([]);
  });
});

describe('what a sender says of files', () => {
  it('holds for those that are there: their times, and who may run them', async () => {
    const tree = manifestOf({
      'a/': new Uint8Array(),
      'a/run': noise(5),
      b: noise(6),
      c: noise(7),
    });
    const staging = stagedWith();
    mkdirSync(join(staging, 'tree', 'a'), { recursive: true });
    for (const name of ['a/run', 'b', 'c']) {
      writeFileSync(join(staging, 'tree', name), 'x');
      chmodSync(join(staging, 'tree', name), 0o640);
    }
    const plain = { modifiedMs: 1_000_000_000_000, isExecutable: false };
    // `c` was not there when it was listed.
    const listed = manifestOf({ 'a/': new Uint8Array(), 'a/run': noise(5), b: noise(6) });
    const draft = draftOf(listed, [plain, { modifiedMs: 5000, isExecutable: true }, plain]);
    const before = lstatSync(join(staging, 'tree', 'c')).mtimeMs;
    await withFolder(staging, (folder) => applyHints(folder, tree, draft));
    const look = (name: string) => {
      const { mtimeMs, mode } = lstatSync(join(staging, 'tree', name));
      return [mtimeMs, mode & 0o777];
    };
    expect(look('a/run')).toEqual([5000, 0o750]);
    expect(look('b')).toEqual([1_000_000_000_000, 0o640]);
    expect(look('c')).toEqual([before, 0o640]);
  });
});
