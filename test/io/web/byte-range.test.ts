import { describe, expect, it } from 'vitest';
import { rangeOf } from '#src/io/web/byte-range.js';

describe('a range of bytes', () => {
  it.each([
    ['bytes=0-0', { from: 0, to: 1 }],
    ['bytes=0-99', { from: 0, to: 100 }],
    ['bytes=0-100', { from: 0, to: 100 }],
    ['bytes=99-', { from: 99, to: 100 }],
    ['bytes=10-999999999999999', { from: 10, to: 100 }],
    ['bytes=-1', { from: 99, to: 100 }],
    ['bytes=-1000', { from: 0, to: 100 }],
    ['bytes= 1 - 2', { from: 1, to: 3 }],
  ])('%s of 100 is %j', (header, range) => {
    expect(rangeOf(header, 100)).toEqual(range);
  });

  it.each(['bytes=100-', 'bytes=100-200', 'bytes=-0', 'bytes=999999999999999-'])(
    '%s of 100 cannot be had',
    (header) => {
      expect(rangeOf(header, 100)).toBe('unsatisfiable');
    },
  );

  it.each([
    undefined,
    '',
    'bytes',
    'bytes=-',
    'bytes=2-1',
    'bytes=0-1,3-4',
    'bytes=1e3-',
    'bytes=-1-2',
    'bytes=0x1-',
    'chunks=0-1',
    'bytes=9007199254740993-',
  ])('that is none, %s, means all', (header) => {
    expect(rangeOf(header, 100)).toBe('all');
  });

  it('of nothing cannot be had, but all of nothing can', () => {
    expect(rangeOf('bytes=0-', 0)).toBe('unsatisfiable');
    expect(rangeOf('bytes=-1', 0)).toBe('unsatisfiable');
    expect(rangeOf(undefined, 0)).toBe('all');
  });
});
