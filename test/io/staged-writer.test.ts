import { readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finishStaged } from '#src/io/finish.js';
import { StagedWriter } from '#src/io/staged-writer.js';
import { prepareStaging } from '#src/io/staging.js';
import { stagingFolder } from '#src/io/staging-folder.js';
import { chunkBytesOf, manifestOf } from '#test/support/contents.js';
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
