import { expect, it } from 'vitest';
import { endingError, inOrder } from '#src/peer/ending.js';

it('does every step of the end in order, and tells what failed', async () => {
  const done: string[] = [];
  const failed: unknown[] = [];
  const steps = [
    () => void done.push('first'),
    () => Promise.reject(new Error('no way')),
    () => {
      throw new Error('nor this');
    },
    async () => void done.push('last'),
  ];
  await inOrder(steps, (error) => failed.push(endingError(error)));
  expect(done).toEqual(['first', 'last']);
  expect(failed).toMatchObject([
    { type: 'error', message: 'Something failed at the end: no way' },
    { type: 'error', message: 'Something failed at the end: nor this' },
  ]);
});
