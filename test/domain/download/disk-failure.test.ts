import { expect, it } from 'vitest';
import { ofOurDisk } from '#src/domain/download/disk-failure.js';

const failed = (code: string, folder?: string) => ofOurDisk({ code, message: 'open fd/7' }, folder);

it.each(['EACCES', 'EPERM', 'EROFS'])(
  'a place that refuses with %s is named, with what to do and the other way',
  (code) => {
    const { code: denied, message } = failed(code, '/media/usb\u001b');
    expect(denied).toBe('denied');
    expect(message).toBe(
      '/media/usb\\u{1b} may not be written to by this user: allow that, then `resume` it or ask for it again, ' +
        `or put it elsewhere with \`download NAME --to DIR\`; what arrived is kept (${code}).`,
    );
  },
);

it.each([
  ['ENOSPC', 'disk-full', /^The disk of \/d is full: make room.*--to DIR/],
  ['ENOENT', 'io', /^\/d is there no more/],
  ['EIO', 'io', /^The disk of \/d failed/],
])('a place where the system says %s is named', (code, word, message) => {
  expect(failed(code, '/d')).toMatchObject({ code: word, message: expect.stringMatching(message) });
});

it.each([
  ['EACCES', /^Its folder may not be written to/],
  ['ENOSPC', /^The disk is full: /],
  ['ENOENT', /^Its folder is there no more/],
  ['EMFILE', /^Too many files are open here/],
])('where it is not known the sentence for %s does without', (code, message) => {
  expect(failed(code).message).toMatch(message);
});

it('nothing of what was staged needs be there where there is no folder any more', () => {
  expect(failed('ENOENT')).toMatchObject({ isGone: true });
  expect(failed('ENOSPC')).not.toHaveProperty('isGone');
});
