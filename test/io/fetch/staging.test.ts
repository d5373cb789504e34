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
import { finishStaged } from '#src/io/fetch/finish.js';
import { placedBefore } from '#src/io/fetch/placed.js';
import { heldBytes, prepareStaging } from '#src/io/fetch/staging.js';
import { removeStaging, stagingFolder } from '#src/io/fetch/staging-folder.js';
import { manifestOf, noise, type Tree } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';
import { CHUNK, file, have, staged, tree, write } from '#test/support/staged-content.js';

/** Change times of files are no finer than a tick of the system's clock, 10 ms at most. */
const CLOCK_MS = 20;

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
});
