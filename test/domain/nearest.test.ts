import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '#src/domain/nearest.js';

const words = ['list', 'download', 'share', 'unshare', 'peers', 'status', 'exit'];

describe('the nearest word', () => {
  it.each([
    ['lsit', 'list'],
    ['DWONLOAD', 'download'],
    ['downlaod', 'download'],
    ['statsu', 'status'],
  ])('to %s is %s', (word, meant) => {
    expect(nearest(word, words)).toBe(meant);
  });

  it('is none where nothing is near, and none for a very long word', () => {
    expect(nearest('zzzzzz', words)).toBeUndefined();
    expect(nearest('x'.repeat(100_000), words)).toBeUndefined();
  });

  it('to a word itself is that word', () => {
    fc.assert(fc.property(fc.constantFrom(...words), (word) => nearest(word, words) === word));
  });
});
