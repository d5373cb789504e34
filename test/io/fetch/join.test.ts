/** What did not come at first is put into the folder that is there. */
import fs, {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeEntries, type Listed } from '#src/domain/content/entries.js';
import { withFolder } from '#src/io/disk/held-folder.js';
import { joinStaged } from '#src/io/fetch/join.js';
import { newFolder, writeTree } from '#test/support/folders.js';

const STAGED = { log: Buffer.from('staged'), 'sub/deep/x': Buffer.from('x') };

const LISTED: readonly Listed[] = [
  { path: 'log', kind: 'file', bytes: 6 },
  { path: 'sub', kind: 'directory', bytes: 0 },
  { path: 'sub/deep', kind: 'directory', bytes: 0 },
  { path: 'sub/deep/x', kind: 'file', bytes: 1 },
];

const listed = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted();

function scene(there: Record<string, Uint8Array>, entries = LISTED) {
  const folder = newFolder();
  const [staging, into] = [join(folder, 'staging'), join(folder, 'photos')];
  writeTree(join(staging, 'tree'), STAGED);
  mkdirSync(into);
  writeTree(into, there);
  const manifest = { kind: 'directory', entries: encodeEntries(entries) } as const;
  const joined = () => withFolder(staging, (held) => joinStaged(held, manifest, into));
  return { staging, into, joined };
}

describe('what joins a folder', () => {
  it('lies among what is there, and again after a run that ended before that was noted', async () => {
    const { into, joined } = scene({ a: Buffer.from('a') });
    await joined();
    await joined();
    expect(listed(into)).toEqual(['a', 'log', 'sub', 'sub/deep', 'sub/deep/x']);
    expect(readFileSync(join(into, 'log'), 'utf8')).toBe('staged');
  });

  it('overwrites nothing: beside another file of that name it has a free one', async () => {
    const { into, joined } = scene({ log: Buffer.from('edited'), 'sub/own': Buffer.from('1') });
    await joined();
    await joined();
    expect(listed(into)).toEqual(['log', 'log (1)', 'sub', 'sub/deep', 'sub/deep/x', 'sub/own']);
    expect(readFileSync(join(into, 'log'), 'utf8')).toBe('edited');
    expect(readFileSync(join(into, 'log (1)'), 'utf8')).toBe('staged');
  });

  it('leaves a file that is the same as it is', async () => {
    const { into, joined } = scene({ log: Buffer.from('staged') });
    const before = lstatSync(join(into, 'log')).ino;
    await joined();
    expect(listed(into)).toEqual(['log', 'sub', 'sub/deep', 'sub/deep/x']);
    expect(lstatSync(join(into, 'log')).ino).toBe(before);
  });

  it('goes through no link, and says what stands in the place of a folder', async () => {
    const { into, joined } = scene({});
    const elsewhere = newFolder();
    symlinkSync(elsewhere, join(into, 'sub'));
    await expect(joined()).rejects.toMatchObject({ code: 'io' });
    expect(listed(elsewhere)).toEqual([]);
    rmSync(join(into, 'sub'));
    writeFileSync(join(into, 'sub'), 'a file now');
    await expect(joined()).rejects.toMatchObject({ code: 'io' });
    expect(readFileSync(join(into, 'sub'), 'utf8')).toBe('a file now');
  });

  it('follows no link that has the name of a file', async () => {
    const { into, joined } = scene({});
    const victim = join(newFolder(), 'victim');
    writeFileSync(victim, 'staged');
    symlinkSync(victim, join(into, 'log'));
    await joined();
    expect(lstatSync(join(into, 'log')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(into, 'log (1)'), 'utf8')).toBe('staged');
  });

  it.skipIf(process.platform !== 'linux')(
    'syncs each folder on the way to a file, whether that is listed or not',
    async () => {
      const { into, joined } = scene({}, LISTED.slice(3));
      const synced = await syncedWhile(joined);
      for (const path of ['', 'sub', 'sub/deep'])
        expect(synced).toContain(lstatSync(join(into, path)).ino);
    },
  );
});

/** @returns the inodes of what was synced, by its number or through a handle. */
async function syncedWhile(work: () => Promise<void>): Promise<readonly number[]> {
  const inodes: number[] = [];
  const noting =
    (sync: (...args: never[]) => unknown) =>
    (...args: readonly unknown[]) => {
      inodes.push(fs.fstatSync(args[0] as number).ino);
      return sync(...(args as never[]));
    };
  const handle = await open(newFolder());
  const handles = Object.getPrototypeOf(handle) as { sync: typeof handle.sync };
  await handle.close();
  const [byNumber, byHandle] = [fs.fsync, handles.sync];
  fs.fsync = noting(byNumber) as never;
  handles.sync = function (this: { readonly fd: number }) {
    return noting(() => byHandle.call(this as never))(this.fd) as never;
  };
  syncBuiltinESMExports();
  try {
    await work();
  } finally {
    [fs.fsync, handles.sync] = [byNumber, byHandle];
    syncBuiltinESMExports();
  }
  return inodes;
}
