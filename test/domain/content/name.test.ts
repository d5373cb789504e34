import { join, resolve, sep, win32 } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkName,
  checkPath,
  collisions,
  foldName,
  isPlainPath,
  STAGING_NAME,
} from '#src/domain/content/name.js';

// What made LocalSend, magic-wormhole, libtorrent, git, warp and others write outside of their folder.
const ESCAPES = [
  '',
  '/',
  '/etc/passwd',
  '//server/share',
  '..',
  '.',
  '../x',
  'a/../../x',
  'a/..',
  'a/./b',
  'a//b',
  'a/',
  '..\\x',
  'a\\b',
  '\\\\server\\share',
  '\\\\?\\C:\\x',
  'c:/windows',
  'C:',
  'dir/c:evil',
  'nul\0byte',
  STAGING_NAME,
  `a/${STAGING_NAME}/data`,
  '.P2P-Partial',
  '.p2p-partial.',
  '.p2p\u200c-partial',
  'x'.repeat(256),
  'é'.repeat(128),
  `${'x'.repeat(200)}/`.repeat(5) + 'x'.repeat(200),
  `${'a/'.repeat(32)}a`,
];

const USABLE = [
  'a',
  'a b/c d.txt',
  '.hidden',
  '...',
  'ünï/日本語/😀',
  'Screenshot 12:30:45.png',
  'x'.repeat(255),
  'é'.repeat(127),
  `${'a/'.repeat(31)}a`,
  '.p2p-partial2',
];

describe('the gate for names', () => {
  it.each(ESCAPES)(
    'refuses the escape %j on every system (CVE-2009-1760, GHSA-8v4j-7jgf-5rg9)',
    (path) => {
      expect(checkPath(path, 'posix').kind).toBe('escape');
      expect(checkPath(path, 'win32').kind).toBe('escape');
    },
  );

  it.each(USABLE)('lets %j pass', (path) => {
    expect(checkPath(path, 'posix')).toEqual({ kind: 'ok' });
  });

  it.each(['a\nb', 'a\u001b[31m', 'a\u007f', 'a\u0085', 'x/\ud800'])(
    'finds %j unusable anywhere',
    (path) => {
      expect(checkPath(path, 'posix').kind).toBe('unusable');
    },
  );

  it.each([
    'a<b',
    'a>b',
    'x/aa:b',
    'ab:c',
    'a"',
    'a|b',
    'a?',
    '*',
    'a.',
    'a ',
    'CON',
    'nul.txt',
    'com1',
  ])('finds %j unusable on Windows only', (path) => {
    expect(checkPath(path, 'win32').kind).toBe('unusable');
    expect(checkPath(path, 'posix').kind).toBe('ok');
  });

  it('prefers the worse verdict wherever it stands in the path', () => {
    expect(checkPath('bad\n/..', 'posix').kind).toBe('escape');
  });

  it('takes a share name of one component only', () => {
    expect(checkName('a b.txt', 'posix').kind).toBe('ok');
    expect(checkName('a/b', 'posix').kind).toBe('escape');
    expect(checkName('..', 'posix').kind).toBe('escape');
  });

  it('lets nothing pass that leaves the folder it is joined to (CVE-2026-32116)', () => {
    const part = fc.oneof(
      fc.constantFrom('..', '.', '', '/', '\\', 'c:', '\0', 'a', ' ', '~', STAGING_NAME),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    const path = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/')),
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(path, (path) => {
        if (checkPath(path, 'posix').kind === 'escape') return;
        const base = resolve('/base/folder');
        expect(join(base, path).startsWith(base + sep)).toBe(true);
        expect(resolve(base, path).startsWith(base + sep)).toBe(true);
        if (checkPath(path, 'win32').kind !== 'ok') return;
        expect(win32.resolve('C:\\base', path).startsWith('C:\\base\\')).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a look at the bytes of a path', () => {
  const bytesOf = (path: string) => new TextEncoder().encode(path);

  it('passes what people call their files', () => {
    for (const path of ['a', 'album 1/IMG_0001 (2).jpg', 'a/b/c.d', 'x~', "it's #1!"]) {
      expect(isPlainPath(bytesOf(path))).toBe(true);
    }
  });

  it('never passes what the gate refuses', () => {
    for (const path of ESCAPES) expect(isPlainPath(bytesOf(path))).toBe(false);
    const piece = fc.constantFrom('/', '.', '..', '\\', ':', 'a', 'b'.repeat(60), ' ', '\u007f');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const path = pieces.join('');
        fc.pre(isPlainPath(bytesOf(path)));
        expect(checkPath(path, 'posix')).toEqual({ kind: 'ok' });
      }),
      { numRuns: 3000 },
    );
  });
});

describe('names that a folder takes for one', () => {
  it('refuses the second of two that differ in case or normalisation (ownCloud #12104)', () => {
    expect(collisions(['A', 'a', 'b'], true)).toEqual([1]);
    expect(collisions(['e\u0301', '\u00e9'], true)).toEqual([1]);
    expect(collisions(['STRASSE', 'stra\u00dfe', 'stra\u1e9ee'], true)).toEqual([1, 2]);
  });

  it('refuses what lies below a refused directory too', () => {
    expect(collisions(['A', 'A/x', 'a', 'a/y', 'a/y/z'], true)).toEqual([2, 3, 4]);
  });

  it('keeps all of them where the folder tells them apart', () => {
    expect(collisions(['A', 'a'], false)).toEqual([]);
  });

  it('folds to the same whatever it is folded from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(foldName(text.normalize('NFD'))).toBe(foldName(text.normalize('NFC')));
        expect(foldName(foldName(text))).toBe(foldName(text));
      }),
    );
  });
});
