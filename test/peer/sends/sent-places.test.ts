import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sentPlace } from '#src/peer/sends/sent-places.js';
import { noise } from '#test/support/contents.js';
import { newFolder, writeTree } from '#test/support/folders.js';

function root(): string {
  const folder = realpathSync(newFolder());
  writeTree(folder, { a: noise(1), 'b/a': noise(1), 'b/c': noise(1) });
  return folder;
}

describe('what is sent', () => {
  it('is one path under its own name', () => {
    const folder = root();
    expect(sentPlace(join(folder, 'b'))).toEqual({ path: join(folder, 'b'), name: 'b' });
    expect(sentPlace([join(folder, 'a')])).toEqual({ path: join(folder, 'a'), name: 'a' });
  });

  it('is several as a folder that is called by the first of them', () => {
    const folder = root();
    const parts = [join(folder, 'a'), join(folder, 'b', 'c')];
    expect(sentPlace(parts)).toEqual({ path: folder, parts, name: 'a and 1 more' });
  });

  it('is called by its number where the first name is long', () => {
    const folder = root();
    const long = join(folder, 'x'.repeat(250));
    mkdirSync(long);
    expect(sentPlace([long, join(folder, 'a')]).name).toBe('2 files');
  });

  it.each([
    ['of the same name', ['a', 'b/a'], /would arrive under one name: send them one by one/],
    ['that is named twice', ['a', 'a'], /is named twice/],
    ['that is not there', ['a', 'z'], /does not exist/],
    ['that is a link', ['a', 'link'], /is a link/],
    ['that are none', [], /takes a path/],
  ])('is nothing %s', (_, names, why) => {
    const folder = root();
    symlinkSync('/etc', join(folder, 'link'));
    expect(() => sentPlace(names.map((name) => join(folder, name)))).toThrow(why);
  });
});
