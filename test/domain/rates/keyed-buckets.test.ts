import { expect, it } from 'vitest';
import { KeyedBuckets, SharedBuckets } from '#src/domain/rates/keyed-buckets.js';

const TWICE = { perSecond: 1, burst: 2 };

const times = (take: () => boolean, count = 10) =>
  Array.from({ length: count }, take).filter(Boolean).length;

it('each key has a bucket of its own, filled again by time', () => {
  const buckets = new KeyedBuckets<string>(TWICE, 10);
  expect(times(() => buckets.take('anna', 0))).toBe(2);
  expect(times(() => buckets.take('ben', 0))).toBe(2);
  expect(times(() => buckets.take('anna', 1000))).toBe(1);
});

it('whoever took longest ago is forgotten where there are too many, and begins anew', () => {
  const buckets = new KeyedBuckets<string>(TWICE, 2);
  for (const key of ['anna', 'ben', 'anna', 'ben', 'anna']) buckets.take(key, 0);
  expect(buckets.take('carl', 0)).toBe(true);
  expect(times(() => buckets.take('ben', 0))).toBe(0);
  expect(times(() => buckets.take('anna', 0))).toBe(2);
});

it('what one wants too much is not taken from all, and what all have too little not from one', () => {
  const buckets = new SharedBuckets<string>(TWICE, { perSecond: 1, burst: 3 }, 10);
  expect(times(() => buckets.take('anna', 0))).toBe(2);
  expect(times(() => buckets.take('ben', 0))).toBe(1);
  expect(times(() => buckets.take('carl', 0))).toBe(0);
  expect(times(() => buckets.take('carl', 2000))).toBe(2);
});
