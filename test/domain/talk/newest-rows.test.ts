import { describe, expect, it } from 'vitest';
import { newestRows } from '#src/domain/talk/newest-rows.js';

const ROWS = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id }));
const ids = (count: number, before?: string) =>
  newestRows(ROWS, count, before)
    .map(({ id }) => id)
    .join('');

describe('the newest of what was said', () => {
  it('are so many, oldest first', () => {
    expect([ids(2), ids(0), ids(9)]).toEqual(['de', '', 'abcde']);
  });

  it('before one of them lead page by page to the first, each once', () => {
    expect([ids(2, 'd'), ids(2, 'b'), ids(2, 'a')]).toEqual(['bc', 'a', '']);
  });

  it('before one that is not kept any more are none', () => {
    expect(ids(2, 'x')).toBe('');
  });
});
