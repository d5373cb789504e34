import { expect, it } from 'vitest';
import { GivenChunk } from '#src/io/spread/given-chunk.js';

it('is whole with its last byte, and not before', () => {
  const chunk = new GivenChunk(7, 5);
  const parts = [[1, 2], [], [3, 4], [5]].map((part) => Uint8Array.from(part));
  expect(parts.map((part) => chunk.take(part))).toEqual([false, false, false, true]);
  expect([...chunk.bytes]).toEqual([1, 2, 3, 4, 5]);
});

it('takes not one byte more than it has', () => {
  const chunk = new GivenChunk(7, 5);
  chunk.take(Uint8Array.from([1, 2, 3]));
  expect(() => chunk.take(Uint8Array.from([4, 5, 6]))).toThrow(
    expect.objectContaining({ code: 'protocol' }),
  );
  expect([...chunk.bytes]).toEqual([1, 2, 3, 0, 0]);
});
