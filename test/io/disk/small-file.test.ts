import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GiB, MiB } from '#src/domain/limits.js';
import { readSmallFile, writeSmallFile } from '#src/io/disk/small-file.js';
import { newFolder } from '#test/support/folders.js';

async function written(...texts: readonly string[]): Promise<string> {
  const path = join(newFolder(), 'bans');
  for (const text of texts) await writeSmallFile(path, text);
  return path;
}

/** Changes one character in the middle, as a bad disk might. */
async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe('a small file', () => {
  it('reads back as it was written, for its owner only', async () => {
    const path = await written('one', 'two\nlines\n');
    expect(await readSmallFile(path)).toBe('two\nlines\n');
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(existsSync(`${path}.tmp`)).toBe(false);
  });

  it('may be empty, which is not the same as missing', async () => {
    expect(await readSmallFile(await written(''))).toBe('');
    expect(await readSmallFile(join(newFolder(), 'none'))).toBeUndefined();
  });

  it('comes from its backup when it is damaged', async () => {
    const path = await written('one', 'two');
    await damage(path);
    expect(await readSmallFile(path)).toBe('one');
  });

  it('comes from its backup when it ended between two renames', async () => {
    const path = await written('one');
    await rename(path, `${path}.bak`);
    expect(await readSmallFile(path)).toBe('one');
  });

  it('is damaged when both are, or when it never had a backup', async () => {
    const both = await written('one', 'two');
    await damage(both);
    await damage(`${both}.bak`);
    await expect(readSmallFile(both)).rejects.toMatchObject({ code: 'damaged' });
    const single = await written('one');
    await damage(single);
    await expect(readSmallFile(single)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('says which of the two is damaged and how to go on', async () => {
    const both = await written('one', 'two');
    await damage(both);
    await damage(`${both}.bak`);
    await expect(readSmallFile(both)).rejects.toThrow(/damaged and so is its backup; restore it/);
    const single = await written('one');
    await damage(single);
    await expect(readSmallFile(single)).rejects.toThrow(/it has no backup; .* bans\.bak away/);
    const gone = await written('one');
    await damage(gone);
    await rename(gone, `${gone}.bak`);
    await expect(readSmallFile(gone)).rejects.toThrow(/is missing and its backup is damaged/);
  });

  it.each(['', 'x', '\n', 'no digest\ntext'])('takes %j for damaged', async (content) => {
    const path = join(newFolder(), 'bans');
    await writeFile(path, content);
    await expect(readSmallFile(path)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('is damaged where it is longer than it may be, whatever it says of itself', async () => {
    const path = await written('one', 'two');
    await truncate(path, 3 * GiB);
    expect(await readSmallFile(path)).toBe('one');
    await truncate(`${path}.bak`, 65 * MiB);
    await expect(readSmallFile(path)).rejects.toMatchObject({ code: 'damaged' });
  });

  it('is never written so long that it could not be read again', async () => {
    const path = await written('one');
    const long = 'x'.repeat(64 * MiB);
    await expect(writeSmallFile(path, long)).rejects.toMatchObject({ code: 'limit' });
    expect(await readSmallFile(path)).toBe('one');
    const longest = long.slice('64 hexadecimal digits and a line break'.length * 2);
    await writeSmallFile(path, longest);
    expect((await readSmallFile(path)) === longest).toBe(true);
  });

  it.skipIf(process.platform === 'win32')(
    'is damaged where a pipe lies in its place, and not waited for',
    async () => {
      const path = join(newFolder(), 'bans');
      execFileSync('mkfifo', [path]);
      await expect(readSmallFile(path)).rejects.toMatchObject({ code: 'damaged' });
    },
  );

  it('never puts a damaged one in the place of a sound backup', async () => {
    const path = await written('one', 'two');
    await damage(path);
    await writeSmallFile(path, 'three');
    expect(await readSmallFile(path)).toBe('three');
    await damage(path);
    expect(await readSmallFile(path)).toBe('one');
  });
});
