import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holdFolder } from '#src/io/disk/held-folder.js';
import { readPacked, writePacked } from '#src/io/disk/packed-files.js';
import { QuickDisk } from '#src/io/disk/quick-disk.js';
import { noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';

const COUNT = 50;
const files = Array.from({ length: COUNT }, (_, at) => ({
  name: `file ${at}`,
  bytes: noise(100 + at, at),
}));

async function write(path: string, some = files): Promise<void> {
  const folder = await holdFolder(path);
  try {
    await writePacked(new QuickDisk(), folder, some, 0o600);
  } finally {
    await folder.close();
  }
}

describe('files of a pack', () => {
  it('are written and read back, byte for byte, first slowly and then quickly', async () => {
    const folder = newFolder();
    await write(folder);
    const disk = new QuickDisk();
    for (const { name, bytes } of files) {
      const first = new Uint8Array(10);
      const rest = new Uint8Array(bytes.length - 10);
      const found = await readPacked(disk, join(folder, name), [first, rest]);
      if (found === 'short') throw new Error('too short');
      expect(found.ino).toBe(statSync(join(folder, name), { bigint: true }).ino);
      expect(Buffer.concat([first, rest]).equals(bytes)).toBe(true);
    }
  });

  it('replace what an earlier try left, also where that was longer', async () => {
    const folder = newFolder();
    const [file] = files;
    if (!file) throw new Error('no file');
    writeFileSync(join(folder, file.name), noise(5000, 9));
    await write(folder, [file]);
    expect(readFileSync(join(folder, file.name)).equals(file.bytes)).toBe(true);
  });

  it('that are shorter than they were are told as that', async () => {
    const folder = newFolder();
    await write(folder);
    const disk = new QuickDisk();
    for (const { name, bytes } of files) {
      const target = new Uint8Array(bytes.length + 1);
      expect(await readPacked(disk, join(folder, name), [target])).toBe('short');
    }
  });

  it.skipIf(process.platform === 'win32')(
    'are neither read nor written through a link',
    async () => {
      const folder = newFolder();
      const other = join(newFolder(), 'other');
      writeFileSync(other, 'mine');
      for (const { name } of files) symlinkSync(other, join(folder, name));
      const disk = new QuickDisk();
      for (const { name } of files) {
        const reading = async () => readPacked(disk, join(folder, name), [new Uint8Array(4)]);
        await expect(reading()).rejects.toMatchObject({ code: 'ELOOP' });
      }
      await expect(write(folder)).rejects.toMatchObject({ code: 'ELOOP' });
      expect(readFileSync(other, 'utf8')).toBe('mine');
    },
  );

  it('leave nothing open when one of them cannot be written', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'file 3'));
    await expect(write(folder)).rejects.toMatchObject({ code: 'EISDIR' });
    await write(folder, files.slice(0, 3));
  });
});
