import { existsSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Settings } from '#config/load.js';
import { openHome, placeOf } from '#src/peer/home.js';
import { newFolder } from '#test/support/folders.js';

function settingsIn(root: string): Settings {
  const downloads = { folder: join(root, 'downloads') };
  const [transfer, network] = [{ transport: 'auto' }, { key: null, keyFile: null }];
  const own = { name: 'me', host: '127.0.0.1', data: join(root, 'data') };
  const settings = { ...own, downloads, transfer, network };
  return settings as unknown as Settings;
}

describe('the home of a peer', () => {
  it('makes its folders, and is the same peer with another mark at the next start', async () => {
    const root = newFolder();
    const first = await openHome(settingsIn(root), 27_460);
    for (const folder of Object.values(first.folders)) expect(existsSync(folder)).toBe(true);
    expect(first.notices).toEqual([]);
    expect(placeOf(first, 27_461)).toMatchObject({ host: '127.0.0.1', port: 27_461 });
    await first.database.close();
    const second = await openHome(settingsIn(root), 27_460);
    expect(second.self.peerId).toBe(first.self.peerId);
    expect(second.self.instance).not.toBe(first.self.instance);
    await second.database.close();
  });

  it.skipIf(process.platform === 'win32')('keeps its data to its owner', async () => {
    const root = newFolder();
    const { database, folders } = await openHome(settingsIn(root), 27_460);
    expect((await stat(folders.data)).mode & 0o777).toBe(0o700);
    await database.close();
  });

  it('makes up no parents of a folder that was named', async () => {
    const home = openHome(settingsIn(join(newFolder(), 'mistyped')), 27_460);
    await expect(home).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(/^--data: .*mistyped does not exist/),
    });
  });

  it.skipIf(process.platform !== 'linux')(
    'does not say of a parent that makes no folders that it does not exist',
    async () => {
      const settings = { ...settingsIn(newFolder()), data: '/proc/foo' };
      await expect(openHome(settings, 27_460)).rejects.toMatchObject({
        code: 'folder-unavailable',
        message: expect.stringMatching(/^--data: \/proc\/foo cannot be used: choose another/),
      });
    },
  );

  it('says so when a file lies where its folder belongs', async () => {
    const root = newFolder();
    await writeFile(join(root, 'data'), '');
    const home = openHome(settingsIn(root), 27_460);
    await expect(home).rejects.toMatchObject({ code: 'folder-unavailable' });
  });

  it('lets go of the database when its identity is damaged', async () => {
    const root = newFolder();
    await mkdir(join(root, 'data', 'identity'), { recursive: true });
    await writeFile(join(root, 'data', 'identity', 'key.pem'), 'damaged');
    for (let time = 0; time < 2; time += 1) {
      const home = openHome(settingsIn(root), 27_460);
      await expect(home).rejects.toMatchObject({ code: 'damaged' });
    }
  });
});
