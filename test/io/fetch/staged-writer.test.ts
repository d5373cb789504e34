import { lstat, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { pathOf } from '#src/domain/content/entries.js';
import { isPacked } from '#src/domain/content/layout.js';
import { createLooks, hasLook, looksSame } from '#src/io/content/fingerprints.js';
import { otherThan } from '#src/io/fetch/draft-staging.js';
import { finishStaged } from '#src/io/fetch/finish.js';
import { StagedWriter } from '#src/io/fetch/staged-writer.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { stagingFolder } from '#src/io/fetch/staging-folder.js';
import { chunkBytesOf, manifestOf } from '#test/support/contents.js';
import { draftOf } from '#test/support/drafts.js';
import { breakFiles, mendFiles } from '#test/support/faulty-files.js';
import { newFolder } from '#test/support/folders.js';
import { CHUNK, file, staged, tree, write } from '#test/support/staged-content.js';

describe('writing staged chunks', () => {
  it('gives a file its full length at once', async () => {
    const { staging } = await staged(file, [0]);
    expect((await stat(join(staging, 'data'))).size).toBe(4 * CHUNK + 7);
  });

  it('lets several writers work on one download', async () => {
    const manifest = manifestOf(tree);
    const folder = newFolder();
    const staging = stagingFolder(folder, manifest.id);
    await prepareStaging(staging, manifest);
    const download = { folder, staging, manifest };
    const { chunks } = manifest.layout;
    await Promise.all(Array.from({ length: chunks }, (_, index) => write(download, tree, [index])));
    expect((await prepareStaging(staging, manifest)).have.isFull).toBe(true);
    const path = join(folder, 'got');
    await finishStaged(staging, manifest, 0, { path, mayRename: false });
    expect(
      Buffer.compare(
        await readFile(join(path, 'a/large.bin')),
        tree['a/large.bin'] ?? Buffer.alloc(0),
      ),
    ).toBe(0);
  });

  it('tells of a chunk that cannot be written, and writes the next', async () => {
    const { staging, manifest } = await staged(tree, []);
    const writer = new StagedWriter(staging, manifest);
    await writeFile(join(staging, 'tree'), 'in the way');
    const bytes = (index: number) => chunkBytesOf(tree, manifest.entries, manifest.layout, index);
    await expect(writer.write(2, bytes(2))).rejects.toThrow();
    await rm(join(staging, 'tree'));
    await writer.write(2, bytes(2));
    await writer.close();
    expect((await readFile(join(staging, 'journal'))).length).toBe(4);
  });

  it('notes by which hash a chunk of a draft was proven, whatever its sender says of it later', async () => {
    const { staging, manifest } = await staged(file, []);
    const draft = draftOf(manifest);
    const known = manifest.chunkHashes;
    draft.chunkHashes.set(known);
    const bytes = (index: number) => chunkBytesOf(file, manifest.entries, manifest.layout, index);
    const writer = new StagedWriter(staging, draft);
    const first = writer.write(1, bytes(1));
    draft.chunkHashes.fill(7);
    await first;
    await writer.close();
    const noted = await readFile(join(staging, 'hashes'));
    expect(noted.subarray(32)).toEqual(Buffer.from(known.slice(32, 64)));
    const whole = ChunkSet.full(manifest.layout.chunks);
    const doubted = await otherThan(staging, manifest, whole);
    expect([...whole.values()].filter((index) => !doubted.includes(index as never))).toEqual([1]);
  });

  it('notes how small files look, which is how they look in their place', async () => {
    const { staging, manifest, folder } = await staged(tree, []);
    const { layout, entries } = manifest;
    const packed = Array.from({ length: entries.count }, (_, entry) => entry).filter((entry) =>
      isPacked(layout, entries, entry),
    );
    const pathIn = (root: string, entry: number) => join(root, pathOf(entries, entry));
    // An earlier try left more behind in one of them.
    const [first = 0] = packed;
    await mkdir(dirname(pathIn(join(staging, 'tree'), first)), { recursive: true });
    await writeFile(pathIn(join(staging, 'tree'), first), Buffer.alloc(CHUNK));
    const looks = createLooks(entries.count);
    const writer = new StagedWriter(staging, manifest, looks);
    for (let index = 0; index < layout.chunks; index += 1) {
      await writer.write(index, chunkBytesOf(tree, entries, layout, index));
    }
    await writer.close();
    const path = join(folder, 'got');
    await finishStaged(staging, manifest, 0, { path, mayRename: false });
    expect(packed.length).toBeGreaterThan(1);
    for (let entry = 0; entry < entries.count; entry += 1) {
      expect(hasLook(looks, entry)).toBe(packed.includes(entry));
      const found = await lstat(pathIn(path, entry), { bigint: true });
      if (packed.includes(entry)) expect(looksSame(looks, entry, found)).toBe(true);
    }
  });

  it('goes through no link that stands where its file belongs', async () => {
    const manifest = manifestOf(file);
    const folder = newFolder();
    const staging = stagingFolder(folder, manifest.id);
    await prepareStaging(staging, manifest);
    await writeFile(join(folder, 'precious'), 'mine');
    await symlink(join(folder, 'precious'), join(staging, 'data'));
    await expect(write({ folder, staging, manifest }, file, [0])).rejects.toMatchObject({
      code: 'ELOOP',
    });
    expect(await readFile(join(folder, 'precious'), 'utf8')).toBe('mine');
  });

  it.skipIf(process.platform !== 'linux')(
    'keeps what counts whole though another source writes it once more, and fails',
    async () => {
      const download = await staged(tree, []);
      const { folder, staging, manifest } = download;
      // What is synced from here on is known to be on the disk.
      breakFiles({ root: folder, errno: 'ENOSPC', at: 0 });
      await write(download, tree, [2]);
      for (let at = 1; ; at += 1) {
        breakFiles({ root: folder, errno: 'ENOSPC', at });
        const failed = await write(download, tree, [2]).then(
          () => false,
          () => true,
        );
        mendFiles();
        if (!failed) break;
        await write(download, tree, [0]);
        const { have } = await prepareStaging(staging, manifest);
        const found = await readFile(join(staging, 'tree/a/one.txt'));
        if (have.has(2))
          expect(found.equals(Buffer.from(tree['a/one.txt'] ?? [])), `${at}`).toBe(true);
      }
    },
  );
});
