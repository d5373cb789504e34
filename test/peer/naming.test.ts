import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { meant, shareCalled } from '#src/peer/naming.js';

const one = { name: 'abcd', id: 'ff00'.repeat(16) as ContentId };
const two = { name: 'film', id: 'abcd'.repeat(16) as ContentId };
const three = { name: 'film', id: 'abce'.repeat(16) as ContentId };
const all = [one, two, three];

describe('what a word means', () => {
  it('is everything of that name before it is an id', () => {
    expect(meant('film', all)).toEqual([two, three]);
    expect(meant('abcd', all)).toEqual([one]);
  });

  it('is an id or its beginning, in any case, from four characters on', () => {
    expect(meant(two.id, all)).toEqual([two]);
    expect(meant('ABCDA', all)).toEqual([two]);
    expect(meant('abce', all)).toEqual([three]);
    expect(meant('abc', all)).toEqual([]);
    expect(meant('wxyz', all)).toEqual([]);
    expect(meant('', all)).toEqual([]);
  });
});

it('one share is meant by its name or its id, and nothing is done where none or several are', () => {
  const share = (name: string, id: string) =>
    ({ name, id: id as ContentId, path: `/${id}`, kind: 'file', bytes: 1, chunks: 1 }) as const;
  const all = [share('a', '11112222'), share('b', '11113333')];
  expect(shareCalled('a', all)).toBe(all[0]);
  expect(shareCalled('11113', all)).toBe(all[1]);
  expect(() => shareCalled('1111', all)).toThrow(/1111 means 2 shares/);
  expect(() => shareCalled('c', all)).toThrow(/nothing is shared as c/);
});
