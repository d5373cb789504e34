import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { openDatabase } from '#src/io/disk/database.js';
import { newFolder } from '#test/support/folders.js';

const id = '0123456789abcdef'.repeat(4) as ContentId;
const hashed = { id, bytes: 5, chunks: 1 };

/** A data folder with one row in it. */
async function filled(): Promise<string> {
  const data = newFolder();
  const { database, notice } = await openDatabase(data);
  expect(notice).toBeUndefined();
  await database.put('hashed', '/a:b', hashed);
  await database.close();
  return data;
}

describe('the database', () => {
  it('remembers rows by table and key', async () => {
    const data = await filled();
    const { database } = await openDatabase(data);
    await database.put('peers', '/a:b', { host: '192.0.2.1', port: 27_460, at: 1 });
    expect(await database.get('hashed', '/a:b')).toEqual(hashed);
    expect(await database.get('hashed', '/a')).toBeUndefined();
    expect(await database.all('hashed')).toEqual([['/a:b', hashed]]);
    await database.remove('hashed', '/a:b');
    expect(await database.all('hashed')).toEqual([]);
    expect(await database.all('peers')).toHaveLength(1);
    await database.close();
  });

  it('keeps a second peer out of the same folder', async () => {
    const data = newFolder();
    const { database } = await openDatabase(data);
    const second = openDatabase(data);
    await expect(second).rejects.toMatchObject({ code: 'data-in-use' });
    await expect(second).rejects.toThrow('--data');
    await database.close();
  });

  it('is repaired when what leads to its rows is damaged, and says so', async () => {
    const data = await filled();
    const folder = join(data, 'database');
    await writeFile(join(folder, 'CURRENT'), 'MANIFEST-999999\n');
    const { database, notice } = await openDatabase(data);
    expect(notice).toMatch(/damaged/);
    expect(await database.get('hashed', '/a:b')).toEqual(hashed);
    await database.close();
  });

  it('is set aside when it cannot be repaired, and a new one begun', async () => {
    const data = newFolder();
    await writeFile(join(data, 'database'), 'not a folder');
    const { database, notice } = await openDatabase(data);
    expect(notice).toMatch(/beyond repair/);
    await database.put('hashed', 'x', hashed);
    await database.close();
    const aside = (await readdir(data)).find((name) => name.startsWith('database.damaged-'));
    expect(await readFile(join(data, aside ?? ''), 'utf8')).toBe('not a folder');
  });

  it('opens whatever its files have become', async () => {
    const data = await filled();
    const folder = join(data, 'database');
    for (const name of await readdir(folder)) {
      if (name !== 'LOCK') await writeFile(join(folder, name), Buffer.alloc(300, 0xa5));
    }
    const { database } = await openDatabase(data);
    await database.put('hashed', 'x', hashed);
    expect(await database.get('hashed', 'x')).toEqual(hashed);
    await database.close();
  });

  it('says so when the data folder is gone', async () => {
    const data = newFolder();
    await rm(data, { recursive: true });
    await mkdir(join(data, '..'), { recursive: true });
    await writeFile(data, 'a file in its place');
    await expect(openDatabase(data)).rejects.toMatchObject({ code: 'data-failed' });
  });
});

it('syncs private messages and numbers before they are answered or used, and nothing else', async () => {
  const put = vi.spyOn(ClassicLevel.prototype, 'put');
  onTestFinished(() => put.mockRestore());
  const { database } = await openDatabase(newFolder());
  await database.put('counts', 'own', { epoch: 1, sequence: 1 });
  const said = {
    payload: '',
    id: '',
    from: '',
    epoch: 1,
    sequence: 1,
    name: '',
    text: '',
    sentAt: 1,
  };
  await database.put('private', '1', { ...said, to: '', state: 'received', after: 0 });
  await database.put('messages', '1', said);
  expect(put.mock.calls.map(([key, , options]) => [key, options?.sync])).toEqual([
    ['counts:own', true],
    ['private:1', true],
    ['messages:1', false],
  ]);
  await database.close();
});
