import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { foldsNames, requireWritableNames, whyNotWritable } from '#src/io/disk/writable-names.js';
import { manifestOf, noise } from '#test/support/contents.js';
import { newFolder } from '#test/support/folders.js';

const BYTES = noise(3);

function holding(...paths: readonly string[]) {
  return manifestOf(Object.fromEntries(paths.map((path) => [path, BYTES])));
}

describe('names that cannot all be written', () => {
  it.each([
    ['differ in case', ['A/x', 'a/y']],
    ['differ in how an accent is written', ['e\u0301', '\u00e9']],
    ['differ in case below one directory', ['d/File', 'd/file']],
    ['are one when all case is folded', ['STRASSE', 'stra\u00dfe']],
  ])('are refused in a folder that folds where two %s (CVE-2021-37712)', (_title, paths) => {
    const manifest = holding(...paths);
    expect(whyNotWritable(manifest, 'posix', true)).toMatch(/takes it for the same/);
    expect(whyNotWritable(manifest, 'posix', false)).toBeUndefined();
  });

  it.each(['.git::$INDEX_ALLOCATION', 'a/file:stream', 'CON', 'a/nul.txt', 'ends in a dot.'])(
    'are refused on Windows where one is %j (CVE-2019-1352)',
    (path) => {
      expect(whyNotWritable(holding(path), 'win32', false)).toContain(path);
      expect(whyNotWritable(holding(path), 'posix', false)).toBeUndefined();
    },
  );

  it('are refused everywhere with control characters, and shown without them', async () => {
    const manifest = holding('a/bell\u0007');
    const refused = requireWritableNames(newFolder(), manifest);
    await expect(refused).rejects.toMatchObject({ code: 'bad-name' });
    await expect(refused).rejects.toThrow(/a\/bell\\u\{7\}/);
  });

  it('are all told, the first five of them by name', () => {
    const bad = Array.from({ length: 7 }, (_, at) => `bad ${at}?`);
    const why = whyNotWritable(holding('good', ...bad, 'GOOD'), 'win32', true) ?? '';
    for (const path of bad.slice(0, 5)) expect(why).toContain(path);
    expect(why).toMatch(/ and 3 more$/);
    expect(why).not.toContain('bad 5?');
  });

  it('are looked for without leaving anything behind', async () => {
    const folder = newFolder();
    await requireWritableNames(folder, holding('a', 'b/c'));
    expect(await foldsNames(folder)).toBe(process.platform !== 'linux');
    expect(readdirSync(folder)).toEqual([]);
  });
});
