import { expect, it } from 'vitest';
import { ToldChunks } from '#src/domain/download/told-chunks.js';
import type { ChunkIndex } from '#src/domain/ids.js';

it('takes the first answer for news, also where it says that there is nothing', () => {
  expect(new ToldChunks(20).take([])).toEqual([]);
  expect(new ToldChunks(20).take([3, 2])).toEqual([3, 2]);
});

it('takes only what was not said before for news', () => {
  const told = new ToldChunks(20);
  told.take([0, 4]);
  expect(told.take([0, 4])).toBeUndefined();
  expect(told.take([2, 5, 9, 1])).toEqual([4, 3, 9, 1]);
  expect(told.take([0, 20])).toEqual([7, 2, 10, 10]);
  expect(told.take([0, 20])).toBeUndefined();
});

it('takes a chunk that was refused for news when it is said again', () => {
  const told = new ToldChunks(20);
  told.take([0, 20]);
  told.refused(3 as ChunkIndex);
  expect(told.take([0, 20])).toEqual([3, 1]);
});

it('refuses chunks that there are not, and keeps nothing of them', () => {
  const told = new ToldChunks(20);
  expect(() => told.take([0, 21])).toThrow('it has chunks that there are not');
  expect(told.take([0, 20])).toEqual([0, 20]);
});
