import { describe, expect, it } from 'vitest';
import { parseRate } from '#src/domain/rates/rate.js';

describe('a rate as it is typed', () => {
  it.each([
    ['off', null],
    ['65536', 65_536],
    ['500kB/s', 500_000],
    ['500KB', 500_000],
    ['64KiB/s', 65_536],
    ['2MB/s', 2_000_000],
    ['1.5MiB/s', 1_572_864],
    ['1 GB/s', 1_000_000_000],
    ['1GiB', 1_073_741_824],
    ['16384B/s', 16_384],
  ])('%s is %s bytes a second', (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  it.each([
    '',
    '0',
    '1',
    '8191',
    '-5MB',
    '2Mb/s',
    '2mb/s',
    '2M',
    '2MB/min',
    '1e6',
    'two',
    'OFF',
    '99999GB/s',
    '1,5MB',
  ])('%s is none', (text) => {
    expect(parseRate(text)).toBeUndefined();
  });
});
