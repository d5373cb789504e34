import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finishStaged } from '#src/io/fetch/finish.js';
import { prepareStaging } from '#src/io/fetch/staging.js';
import { removeStaging } from '#src/io/fetch/staging-folder.js';
import { manifestOf, type Tree } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { CHUNK, file, staged, tree } from '#test/support/staged-content.js';

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
