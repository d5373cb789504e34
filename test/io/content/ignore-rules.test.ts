import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFolder } from '#src/io/content/folder-listing.js';
import type { RuleSource } from '#src/io/content/ignore-rules.js';
import { walkTree } from '#src/io/content/tree-walk.js';
import { noise } from '#test/support/contents.js';
import { newFolder, writeTree } from '#test/support/folders.js';

const RULES = '.p2pignore';

const text = (...lines: readonly string[]) => Buffer.from(lines.join('\n'));

/** Files of a tree that are not left out, but for files of rules. */
async function kept(root: string, rules: RuleSource = { exclude: [] }): Promise<readonly string[]> {
  const { found } = await walkTree(root, new AbortController().signal, { rules });
  const files = found.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  return files.filter((path) => !path.endsWith(RULES));
}

/** A tree of a program, as people have them. */
const TREE = {
  'a.log': noise(1),
  'keep.log': noise(1),
  'src/main.c': noise(1),
  'src/main.o': noise(1),
  'src/deep/er/main.o': noise(1),
  'src/deep/er/notes.txt': noise(1),
  'build/out': noise(1),
  'src/build': noise(1),
  'doc/build/out': noise(1),
  'doc/one.pdf': noise(1),
  'doc/sub/two.pdf': noise(1),
  'with space.txt': noise(1),
  '#hash': noise(1),
  '!bang': noise(1),
  'tmp/x': noise(1),
  'tmp/keep': noise(1),
  '[x] odd/y.o': noise(1),
  '[x] odd/keep.o': noise(1),
};

/** What git says of the same rules in the same places. */
function keptByGit(root: string, files: readonly string[]): readonly string[] {
  execFileSync('git', ['init', '-q', root]);
  const about = ['-C', root, '-c', 'core.excludesFile=/dev/null', 'ls-files', '-z', '-o'];
  const listed = execFileSync('git', [...about, `--exclude-per-directory=${RULES}`]);
  const shown = new Set(listed.toString().split('\0'));
  return files.filter((path) => shown.has(path));
}

describe('rules in a tree', () => {
  it.each([
    ['names and globs', { '': ['*.o', '/build', '*.log', '!keep.log', 'doc/*.pdf'] }],
    ['folders alone', { '': ['build/'] }],
    ['what is in a folder, but for some', { '': ['/tmp/*', '!/tmp/keep'] }],
    ['not what is in a folder that is left out', { '': ['tmp', '!tmp/keep'] }],
    ['any depth', { '': ['**/er', 'src/**/main.o', 'doc/**'] }],
    ['comments, quoted marks and blanks', { '': ['# a.log', '', '\\#hash', '\\!bang', 'a.log  '] }],
    ['nested files, which count last', { '': ['*.o'], src: ['!main.o', '/deep/er/*.txt'] }],
    ['odd names of folders', { '[x] odd': ['*.o', '!/keep.o'] }],
    ['ranges and single characters', { '': ['[a-m]?log', '?.log', 'keep.l[!n]g'] }],
    ['carriage returns', { '': ['*.o\r', 'build\r'] }],
  ])('leave out %s, as git does', async (_, rules) => {
    const root = newFolder();
    writeTree(root, TREE);
    for (const [folder, lines] of Object.entries(rules)) {
      writeFileSync(join(root, folder, RULES), lines.join('\n'));
    }
    const ours = await kept(root);
    expect(ours).toEqual(keptByGit(root, await allOf(root)));
    expect(ours.length).toBeLessThan(Object.keys(TREE).length);
  });

  it('mean nothing where nobody asked for them, and the file itself goes along', async () => {
    const root = newFolder();
    writeTree(root, { a: noise(1), [RULES]: text('a') });
    expect(await allOf(root)).toEqual(['a']);
    const { found, ignoredCount } = await walkTree(root, new AbortController().signal, {
      rules: { exclude: [] },
    });
    expect(found.map(({ path }) => path)).toEqual([RULES]);
    expect(ignoredCount).toBe(1);
  });

  it('are told by the first that leaves something out, as it is written, and where', async () => {
    const first = async (
      files: Readonly<Record<string, Uint8Array>>,
      exclude: readonly string[],
    ) => {
      const root = newFolder();
      writeTree(root, files);
      const walked = walkTree(root, new AbortController().signal, { rules: { exclude } });
      return (await walked).firstIgnored;
    };
    const nested = { 'src/a.o': noise(1), [`src/${RULES}`]: text('# objects', '*.o') };
    expect(await first(nested, [])).toEqual({ path: 'src/a.o', rule: `*.o (src/${RULES})` });
    expect(await first({ ...nested, [RULES]: text('src/') }, [])).toEqual({
      path: 'src',
      rule: `src/ (${RULES})`,
    });
    expect(await first({ a: noise(1) }, ['*'])).toEqual({ path: 'a', rule: '* (--exclude)' });
    expect(await first({ a: noise(1) }, ['b'])).toBeUndefined();
  });

  it('given by hand count last', async () => {
    const root = newFolder();
    writeTree(root, { 'a.o': noise(1), 'b.o': noise(1), 'c/d.o': noise(1), [RULES]: text('*.o') });
    expect(await kept(root, { exclude: ['!b.o', '/c'] })).toEqual(['b.o']);
  });

  it('of the folder around it hold for what is walked in it', async () => {
    const folder = newFolder();
    writeTree(folder, { 'one/a.o': noise(1), 'one/b/c': noise(1), 'one/d': noise(1) });
    writeFileSync(join(folder, RULES), 'one/b\n*.o\n');
    expect(await kept(join(folder, 'one'), { exclude: [], isInFolder: true })).toEqual(['d']);
    expect(await kept(join(folder, 'one'))).toHaveLength(3);
  });

  it('keep their folder back where they cannot be used', async () => {
    const root = newFolder();
    writeTree(root, { 'a/secret': noise(1), 'a/b/secret': noise(1), 'c/d': noise(1) });
    writeFileSync(join(root, 'a', RULES), Buffer.alloc(64 * 1024 + 1, '#'));
    mkdirSync(join(root, 'c', RULES));
    const { found, skipped } = await walkTree(root, new AbortController().signal, {
      rules: { exclude: [] },
    });
    expect(found).toEqual([]);
    const told = new Map(skipped.map(({ path, why }) => [path, why]));
    expect(told.get('a')).toBe('its .p2pignore cannot be used: it is larger than 64 KiB');
    expect(told.get('c')).toBe('its .p2pignore cannot be used: it is not a regular file');
  });

  it.each([
    ['a link', (path: string) => symlinkSync('/etc/passwd', path)],
    ['no text', (path: string) => writeFileSync(path, Buffer.from([0xff, 0xfe]))],
    ['a bracket that is open', (path: string) => writeFileSync(path, 'a\n[b')],
    ['too many of them', (path: string) => writeFileSync(path, 'a\n'.repeat(1001))],
    ['a line without an end', (path: string) => writeFileSync(path, 'a'.repeat(256))],
    ['too many wildcards', (path: string) => writeFileSync(path, '**/a/**/b/**/c/**/d')],
  ])('that are %s refuse the whole where they stand at its top', async (_, write) => {
    const root = newFolder();
    write(join(root, RULES));
    await expect(kept(root)).rejects.toMatchObject({ code: 'unreadable' });
  });

  it('that are the worst there can be are through in seconds', async () => {
    const root = newFolder();
    const deep = Array.from({ length: 31 }, () => 'a').join('/');
    const long = `${'a'.repeat(250)}d`;
    writeTree(root, { [`${deep}/a`]: noise(1), [long]: noise(1) });
    const stars = Array.from({ length: 550 }, (_, n) => `${'*a'.repeat(50)}${n}[bc]`);
    const globs = Array.from({ length: 50 }, (_, n) => `a/**/a/**/a/**/b${n}`);
    writeFileSync(join(root, RULES), [...stars, ...globs].join('\n'));
    const files = await kept(root);
    expect(files).toHaveLength(2);
  });
});

/** Of all that is there. */
async function allOf(root: string): Promise<readonly string[]> {
  const { found } = await walkTree(root, new AbortController().signal);
  const files = found.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  return files.filter((path) => !path.endsWith(RULES) && !path.startsWith('.git/'));
}

describe('patterns given by hand', () => {
  it.each([
    ['open', '[a'],
    ['cut off', 'x\\'],
    ['dear', '**/a/**/b/**/c/**'],
    ['long', 'a'.repeat(256)],
  ])('are refused where they are too %s', async (_, pattern) => {
    const root = newFolder();
    writeTree(root, { a: noise(1) });
    await expect(kept(root, { exclude: [pattern] })).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('rules in a share folder', () => {
  it('say what of it is shared', () => {
    const root = newFolder();
    writeTree(root, { 'a.tmp': noise(1), b: noise(1), 'c/d': noise(1), 'e/f': noise(1) });
    writeFileSync(join(root, RULES), '*.tmp\ne/\n');
    expect(listFolder(root).names).toEqual([RULES, 'b', 'c']);
  });

  it('share nothing of it where they cannot be used', () => {
    const root = newFolder();
    writeTree(root, { b: noise(1), [RULES]: text('[') });
    expect(() => listFolder(root)).toThrow('line 1 has a [ without a ]');
  });
});
