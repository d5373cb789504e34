import { existsSync } from 'node:fs';
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import type { Manifest } from '#src/domain/manifest.js';
import { bootId } from '#src/io/boot-id.js';
import { finishStaged } from '#src/io/finish.js';
import { placedBefore } from '#src/io/placed.js';
import { StagedWriter } from '#src/io/staged-writer.js';
import { heldBytes, prepareStaging } from '#src/io/staging.js';
import { removeStaging, stagingFolder } from '#src/io/staging-folder.js';
import { settleStaging, syncStaged } from '#src/io/staging-sync.js';
import { chunkBytesOf, manifestOf, noise, type Tree } from '#test/support/contents.js';
import { breakFiles, mendFiles } from '#test/support/faulty-files.js';
import { newFolder } from '#test/support/folders.js';

const CHUNK = 256 * KiB;

/** Change times of files are no finer than a tick of the system's clock, 10 ms at most. */
const CLOCK_MS = 20;

const file: Tree = { '': noise(4 * CHUNK + 7) };
const tree: Tree = {
  'a/large.bin': noise(2 * CHUNK, 2),
  'a/one.txt': noise(100, 3),
  'b/two.txt': noise(200, 4),
  'b/empty.txt': new Uint8Array(),
  'c/': new Uint8Array(),
};

type Staging = { readonly folder: string; readonly staging: string; readonly manifest: Manifest };

async function staged(content: Tree, chunks: readonly number[]): Promise<Staging> {
  const manifest = manifestOf(content);
  const folder = newFolder();
  const staging = stagingFolder(folder, manifest.id);
  await prepareStaging(staging, manifest);
  await write({ folder, staging, manifest }, content, chunks);
  return { folder, staging, manifest };
}

async function write({ staging, manifest }: Staging, content: Tree, chunks: readonly number[]) {
  const writer = new StagedWriter(staging, manifest);
  try {
    for (const index of chunks) {
      await writer.write(index, chunkBytesOf(content, manifest.entries, manifest.layout, index));
    }
  } finally {
    await writer.close();
  }
}

async function have({ staging, manifest }: Staging): Promise<readonly number[]> {
  return [...(await prepareStaging(staging, manifest)).have.values()];
}

/** As if the machine had been started anew since. */
async function rebooted(staging: string): Promise<void> {
  const path = join(staging, 'synced');
  const [, entries] = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, `another boot\n${entries}\n`);
}

describe('a staged download', () => {
  it('counts what was written before the process ended', async () => {
    const download = await staged(file, [3, 0]);
    expect(await have(download)).toEqual([0, 3]);
    expect(
      heldBytes(
        download.manifest,
        (await prepareStaging(download.staging, download.manifest)).have,
      ),
    ).toBe(2 * CHUNK);
  });

  it('lies in a folder of its owner alone, beside its target', async () => {
    const { folder, staging } = await staged(file, [0]);
    expect(staging.startsWith(join(folder, '.p2p-partial'))).toBe(true);
    if (process.platform === 'win32') return;
    expect((await stat(staging)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, '.p2p-partial'))).mode & 0o777).toBe(0o700);
  });

  it('refuses a staging folder that leads elsewhere', async () => {
    const folder = newFolder();
    const manifest = manifestOf(file);
    await symlink(newFolder(), join(folder, '.p2p-partial'));
    const prepared = prepareStaging(stagingFolder(folder, manifest.id), manifest);
    await expect(prepared).rejects.toMatchObject({ code: 'io' });
  });

  it('is written through no link that stands where its file belongs', async () => {
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

  it.each(['data', 'journal', 'synced', 'placed'])(
    'counts nothing it cannot vouch for, and goes on, where a folder took the place of its %s',
    async (name) => {
      const download = await staged(file, [0, 1]);
      await rm(join(download.staging, name), { force: true });
      await mkdir(join(download.staging, name, 'below'), { recursive: true });
      expect(await placedBefore(download.staging)).toBeUndefined();
      expect(await have(download)).toEqual(name === 'placed' ? [0, 1] : []);
      await write(download, file, [0, 1, 2, 3, 4]);
      const target = { path: join(download.folder, 'whole'), mayRename: false };
      const path = await finishStaged(download.staging, download.manifest, 0, target);
      expect(Buffer.compare(await readFile(path), file[''] ?? Buffer.alloc(0))).toBe(0);
    },
  );

  it.each([1, 2, 3])('drops %i bytes torn off at the end before more is written', async (torn) => {
    const download = await staged(file, [0, 1]);
    await appendFile(join(download.staging, 'journal'), Buffer.alloc(torn, 1));
    expect(await have(download)).toEqual([0, 1]);
    await write(download, file, [2]);
    expect(await have(download)).toEqual([0, 1, 2]);
  });

  it('ignores chunks that there are not', async () => {
    const download = await staged(file, [0]);
    await appendFile(join(download.staging, 'journal'), Buffer.from([255, 255, 255, 255]));
    expect(await have(download)).toEqual([0]);
  });

  it('doubts what was not synced before the machine was started anew', async () => {
    const download = await staged(file, [0, 1]);
    const { staging, manifest } = download;
    expect(await syncStaged(staging, manifest, 0)).toBe(2);
    await write(download, file, [2, 1, 4]);
    await rebooted(staging);
    const again = await prepareStaging(staging, manifest);
    expect([...again.have.values()]).toEqual([0, 1]);
    expect(again.doubtful).toEqual([2, 4]);
    expect(again.synced).toBe(2);
  });

  it('counts all that is written after a start without a reboot, but none of it as synced', async () => {
    const download = await staged(file, [0, 1]);
    const { staging, manifest } = download;
    await syncStaged(staging, manifest, 0);
    await write(download, file, [2, 1, 4]);
    const again = await prepareStaging(staging, manifest);
    expect([...again.have.values()]).toEqual([0, 1, 2, 4]);
    expect(again.synced).toBe(2);
  });

  it('counts what was found good as of this start of the machine', async () => {
    const download = await staged(file, [0, 1, 2]);
    const { staging, manifest } = download;
    await rebooted(staging);
    const { have: sound, doubtful } = await prepareStaging(staging, manifest);
    expect(doubtful).toEqual([0, 1, 2]);
    sound.add(1);
    expect(await settleStaging(staging, manifest, sound, 0)).toBe(1);
    expect(await have(download)).toEqual([1]);
  });

  it.each(['', 'nonsense', 'boot only', 'boot\nmany\n'])(
    'doubts everything when it cannot be read how far it was synced (%j)',
    async (damage) => {
      const { staging, manifest } = await staged(file, [0, 1]);
      await writeFile(join(staging, 'synced'), damage);
      const again = await prepareStaging(staging, manifest);
      expect(again.have.count).toBe(0);
      expect(again.doubtful).toEqual([0, 1]);
    },
  );

  it.each([
    ['file', file, 'data'],
    ['tree', tree, 'tree'],
  ])('counts nothing of a %s that is gone while its journal is not', async (_, content, name) => {
    const download = await staged(content, [0, 1]);
    await rm(join(download.staging, name), { recursive: true });
    expect(await have(download)).toEqual([]);
    await write(download, content, [1]);
    expect(await have(download)).toEqual([1]);
  });

  it.skipIf(process.platform !== 'linux')(
    'has lost what a failed sync was to make last, and never counts it by trying again',
    async () => {
      const download = await staged(file, [0, 1]);
      const { folder, staging, manifest } = download;
      expect(await syncStaged(staging, manifest, 0)).toBe(2);
      await write(download, file, [2, 3]);
      let broke: string | undefined;
      for (let at = 1; broke !== 'sync'; at += 1) {
        breakFiles({ root: folder, errno: 'EIO', at });
        await syncStaged(staging, manifest, 2).catch(() => undefined);
        ({ broke } = mendFiles());
        if (broke !== 'sync') await write(download, file, [2, 3]);
      }
      expect(await have(download)).toEqual([0, 1]);
      expect(await syncStaged(staging, manifest, 2)).toBe(2);
    },
  );

  it('syncs small files too once they were hashed again', async () => {
    const { staging, manifest } = await staged(tree, [0, 1, 2]);
    const { have } = await prepareStaging(staging, manifest);
    await rm(join(staging, 'tree/a/one.txt'));
    const settled = settleStaging(staging, manifest, have, 1);
    await expect(settled).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await prepareStaging(staging, manifest)).have.toRanges()).toEqual([0, 1]);
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

  it('keeps two names that differ only in how their characters are put together', async () => {
    const twins: Tree = { 'caf\u00e9.txt': noise(100, 5), 'cafe\u0301.txt': noise(200, 6) };
    const { folder, staging, manifest } = await staged(twins, [0]);
    const path = join(folder, 'got');
    await finishStaged(staging, manifest, 0, { path, mayRename: false });
    for (const [name, bytes] of Object.entries(twins)) {
      expect(Buffer.compare(await readFile(join(path, name)), bytes)).toBe(0);
    }
    expect(await readdir(path)).toHaveLength(2);
  });

  it('is hashed again where its data was changed after it was noted', async () => {
    const { staging, manifest } = await staged(file, [0, 1]);
    await new Promise((resolve) => setTimeout(resolve, CLOCK_MS));
    await truncate(join(staging, 'data'), 0);
    const again = await prepareStaging(staging, manifest);
    expect([again.have.count, again.doubtful]).toEqual([0, [0, 1]]);
  });

  it('leaves no trace when it is removed, and what others staged alone', async () => {
    const { folder, staging } = await staged(file, [0]);
    const other = join(folder, '.p2p-partial', 'other');
    await mkdir(other);
    await removeStaging(staging);
    expect(await readdir(join(folder, '.p2p-partial'))).toEqual(['other']);
    await removeStaging(other);
    expect(await readdir(folder)).toEqual([]);
    await removeStaging(other);
  });

  it('tells one boot from another by a name that stays', async () => {
    expect(await bootId()).toBe(await bootId());
    expect(await bootId()).not.toBe('');
  });
});

describe('finishing a download', () => {
  const all = (content: Tree) =>
    Array.from({ length: manifestOf(content).layout.chunks }, (_, index) => index);

  async function finish(content: Tree, name: string, mayRename: boolean, before?: string) {
    const download = await staged(content, all(content));
    const path = join(download.folder, name);
    if (before !== undefined) await writeFile(path, before);
    const placed = finishStaged(download.staging, download.manifest, 0, { path, mayRename });
    return { download, path, placed };
  }

  it('puts a file in its place and leaves nothing else', async () => {
    const { download, path, placed } = await finish(file, 'film.mkv', false);
    expect(await placed).toBe(path);
    expect(Buffer.compare(await readFile(path), file[''] ?? Buffer.alloc(0))).toBe(0);
    await removeStaging(download.staging);
    expect(await readdir(download.folder)).toEqual(['film.mkv']);
  });

  it('puts a tree in its place with its empty files and folders', async () => {
    const { path, placed } = await finish(tree, 'album', true);
    expect(await placed).toBe(path);
    for (const [name, bytes] of Object.entries(tree)) {
      if (name.endsWith('/')) expect((await stat(join(path, name))).isDirectory()).toBe(true);
      else expect(Buffer.compare(await readFile(join(path, name)), bytes)).toBe(0);
    }
  });

  it('puts an empty file in its place', async () => {
    const { path, placed } = await finish({ '': new Uint8Array() }, 'empty', true);
    expect(await placed).toBe(path);
    expect((await stat(path)).size).toBe(0);
  });

  it('takes the next free name, before the extension', async () => {
    const { download, placed } = await finish(file, 'film.mkv', true, 'mine');
    expect(await placed).toBe(join(download.folder, 'film (1).mkv'));
    expect(await readFile(join(download.folder, 'film.mkv'), 'utf8')).toBe('mine');
  });

  it('takes the next free name of a folder, whatever lies there', async () => {
    const { download, placed } = await finish(tree, 'v1.2', true, 'a file');
    expect(await placed).toBe(join(download.folder, 'v1.2 (1)'));
  });

  it.each([
    ['a letter', `${'x'.repeat(251)}.mkv`, `${'x'.repeat(247)} (1).mkv`],
    ['an emoji', `${'😀'.repeat(62)}abc.mkv`, `${'😀'.repeat(61)} (1).mkv`],
    ['its extension', `a.${'y'.repeat(253)}`, `a.${'y'.repeat(249)} (1)`],
  ])('makes room for a number in the longest of names by %s', async (_, name, numbered) => {
    const { download, placed } = await finish(file, name, true, 'a file');
    expect(await placed).toBe(join(download.folder, numbered));
  });

  it('never overwrites, and can be finished under another name', async () => {
    const { download, path, placed } = await finish(file, 'film.mkv', false, 'mine');
    await expect(placed).rejects.toMatchObject({ code: 'exists' });
    expect(await readFile(path, 'utf8')).toBe('mine');
    const { staging, manifest, folder } = download;
    expect((await prepareStaging(staging, manifest)).have.isFull).toBe(true);
    const other = { path: join(folder, 'other.mkv'), mayRename: false };
    expect(await finishStaged(staging, manifest, 0, other)).toBe(other.path);
  });

  it('gives two that race for one name a name each', async () => {
    const downloads = await Promise.all([staged(file, all(file)), staged(file, all(file))]);
    const path = join(newFolder(), 'film.mkv');
    const placed = await Promise.all(
      downloads.map(({ staging, manifest }) =>
        finishStaged(staging, manifest, 0, { path, mayRename: true }),
      ),
    );
    expect(new Set(placed).size).toBe(2);
    for (const one of placed) expect((await stat(one)).size).toBe(4 * CHUNK + 7);
  });

  it('finds its own file where it ended between placing and removing', async () => {
    const { link } = await import('node:fs/promises');
    const { folder, staging, manifest } = await staged(file, all(file));
    const path = join(folder, 'film.mkv');
    await link(join(staging, 'data'), path);
    expect(await finishStaged(staging, manifest, 0, { path, mayRename: true })).toBe(path);
    await removeStaging(staging);
    expect(await readdir(folder)).toEqual(['film.mkv']);
  });

  it('stays staged when its target’s folder is gone', async () => {
    const { staging, manifest, folder } = await staged(file, all(file));
    const path = join(folder, 'no folder', 'film.mkv');
    const placed = finishStaged(staging, manifest, 0, { path, mayRename: true });
    await expect(placed).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(join(staging, 'data'))).toBe(true);
  });
});

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
});
