import { describe, expect, it } from 'vitest';
import { defaultDataFolder, defaultDownloadsFolder } from '#src/io/disk/platform-folders.js';

const at = (os: NodeJS.Platform, home: string) => ({ os, home, hostName: 'x' });

describe('the data folder', () => {
  it.each([
    [at('linux', '/home/ann'), {}, '/home/ann/.local/share/p2p/27460'],
    [at('linux', '/home/ann'), { XDG_DATA_HOME: '/xdg' }, '/xdg/p2p/27460'],
    [at('linux', '/home/ann'), { XDG_DATA_HOME: 'relative' }, '/home/ann/.local/share/p2p/27460'],
    [at('darwin', '/Users/ann'), {}, '/Users/ann/Library/Application Support/p2p/27460'],
    [at('win32', 'C:\\Users\\ann'), { LOCALAPPDATA: 'D:\\L' }, 'D:\\L\\p2p\\27460'],
    [at('win32', 'C:\\Users\\ann'), {}, 'C:\\Users\\ann\\AppData\\Local\\p2p\\27460'],
  ])('of %j with %j is %s', (machine, env, folder) => {
    expect(defaultDataFolder(machine, env, 27_460)).toBe(folder);
  });

  it('is not where downloads go, which lie in sight', () => {
    expect(defaultDownloadsFolder(at('linux', '/home/ann'))).toBe('/home/ann/p2p-downloads');
  });
});
