import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listFolder } from '#src/io/content/folder-listing.js';
import { walkTree } from '#src/io/content/tree-walk.js';
import { noise } from '#test/support/contents.js';
import { newFolder, writeTree } from '#test/support/folders.js';

function walk(root: string) {
  return walkTree(root, new AbortController().signal);
}

describe('a walk through a tree', () => {
  it('finds files and directories in the order of a manifest', async () => {
    const root = newFolder();
    writeTree(root, {
      'b/x': noise(3),
      'b-c': noise(2),
      ü: noise(1),
      '😀': noise(1),
      '\uff5e': noise(1),
    });
    const { found } = await walk(root);
    const paths = found.map(({ path }) => path);
    expect(paths).toEqual(['b', 'b-c', 'b/x', 'ü', '\uff5e', '😀']);
    const bytewise = paths.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(paths).toEqual(bytewise);
  });

  it('takes nothing but certain files, and the folders they are in, where only those are wanted', async () => {
    const root = newFolder();
    writeTree(root, { a: noise(1), 'b/x/y': noise(1), 'b/z': noise(1), 'c/a': noise(1) });
    const rules = { exclude: [], only: ['b/x/y', 'gone/a', 'a'] };
    const { found, ignoredCount } = await walkTree(root, new AbortController().signal, { rules });
    expect(found.map(({ path }) => path)).toEqual(['a', 'b', 'b/x', 'b/x/y']);
    expect(ignoredCount).toBe(0);
  });

  it('stops at 32 levels and names what lies deeper', async () => {
    const root = newFolder();
    mkdirSync(join(root, 'd/'.repeat(40)), { recursive: true });
    const { found, skipped } = await walk(root);
    expect(found).toHaveLength(32);
    expect(skipped).toEqual([{ path: `${'d/'.repeat(32)}d`, why: 'is deeper than 32 levels' }]);
  });

  it('names the first hundred of what it skips, and counts them all', async () => {
    const root = newFolder();
    for (let n = 0; n < 150; n += 1) symlinkSync('/etc', join(root, `link${n}`));
    const { found, skipped, skippedCount } = await walk(root);
    expect([found.length, skipped.length, skippedCount]).toEqual([0, 100, 150]);
  });

  it('skips sockets and names that are not UTF-8', async () => {
    const root = newFolder();
    const server = createServer().listen(join(root, 'socket'));
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff])]), 'x');
    const { found, skippedCount } = await walk(root);
    expect([found.length, skippedCount]).toEqual([0, 2]);
  });

  it('refuses a root that is a link or is missing', async () => {
    const root = newFolder();
    symlinkSync('/etc', join(root, 'link'));
    await expect(walk(join(root, 'link'))).rejects.toMatchObject({ code: 'unreadable' });
    await expect(walk(join(root, 'none'))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('stops when it is told to', async () => {
    const root = newFolder();
    writeTree(root, { a: noise(1) });
    await expect(walkTree(root, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});

describe('the listing of a share folder', () => {
  it('has each file and directory directly in it, and names what cannot be shared', () => {
    const root = newFolder();
    writeTree(root, {
      'dir/x': noise(1),
      file: noise(1),
      '.p2p-partial/x': noise(1),
      'a\nb': noise(1),
    });
    symlinkSync('/etc', join(root, 'link'));
    const { names, skipped } = listFolder(root);
    expect(names).toEqual(['dir', 'file']);
    expect(skipped.map(({ path }) => path).toSorted()).toEqual(['a\nb', 'link'].toSorted());
  });
});
