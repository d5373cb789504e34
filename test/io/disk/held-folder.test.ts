import { mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holdBelow, holdFolder, removeBelow, withFolder } from '#src/io/disk/held-folder.js';
import { newFolder } from '#test/support/folders.js';

describe('a held folder', () => {
  it('is written to where it was, whatever its name has become', async () => {
    const root = newFolder();
    const [path, elsewhere] = [join(root, 'held'), join(root, 'elsewhere')];
    await mkdir(path);
    await mkdir(elsewhere);
    const folder = await holdFolder(path);
    await rename(path, join(root, 'moved'));
    await symlink(elsewhere, path);
    if (process.platform === 'linux') {
      await writeFile(folder.at('file'), 'mine');
      expect(await readFile(join(root, 'moved', 'file'), 'utf8')).toBe('mine');
      expect(await readdir(elsewhere)).toEqual([]);
    }
    await folder.close();
  });

  it('is neither a link nor below one', async () => {
    const root = newFolder();
    await mkdir(join(root, 'real', 'below'), { recursive: true });
    await symlink(join(root, 'real'), join(root, 'link'));
    await expect(holdFolder(join(root, 'link'))).rejects.toMatchObject({ code: 'io' });
    const folder = await holdFolder(root);
    await expect(holdBelow(folder, ['link', 'below'])).rejects.toMatchObject({ code: 'io' });
    await expect(holdBelow(folder, ['link', 'new'], 0o777)).rejects.toMatchObject({ code: 'io' });
    await folder.close();
    await expect(
      withFolder(join(root, 'link', 'below'), async () => undefined),
    ).rejects.toMatchObject({ code: 'io' });
    expect(await readdir(join(root, 'real'))).toEqual(['below']);
  });

  it('loses what is removed below it, and nothing that a link there leads to', async () => {
    const root = newFolder();
    await mkdir(join(root, 'gone', 'deep'), { recursive: true });
    await mkdir(join(root, 'stays'));
    await writeFile(join(root, 'stays', 'file'), 'mine');
    await symlink(join(root, 'stays'), join(root, 'gone', 'deep', 'link'));
    const folder = await holdFolder(root);
    await removeBelow(folder, 'gone');
    await removeBelow(folder, 'never there');
    await folder.close();
    expect(await readdir(root)).toEqual(['stays']);
    expect(await readdir(join(root, 'stays'))).toEqual(['file']);
  });

  it.skipIf(process.platform !== 'linux')(
    'names nothing once it is let go of, whoever has its number by then, slow or quick',
    async () => {
      const [path, other] = [newFolder(), newFolder()];
      for (let time = 0; time < 40; time += 1) {
        const folder = await holdFolder(path);
        await folder.close();
        const next = await holdFolder(other);
        await expect(writeFile(folder.at('file'), 'astray')).rejects.toThrow('ENOENT');
        await next.close();
      }
      expect(await readdir(other)).toEqual([]);
    },
  );
});
