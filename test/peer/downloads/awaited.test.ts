import { expect, it } from 'vitest';
import { Awaited } from '#src/peer/downloads/awaited.js';

it('nobody waits any more once the last download ended, and those that failed are counted', async () => {
  const awaited = new Awaited();
  const ended: string[] = [];
  let fail: (error: Error) => void = () => undefined;
  const failing = new Promise<string>((_, reject) => {
    fail = reject;
  });
  const good = awaited.count(Promise.resolve('here'), () => ended.push('good'));
  const bad = awaited.count(failing, () => ended.push('bad'));
  let isIdle = false;
  const idle = awaited.idle().finally(() => {
    isIdle = true;
  });
  expect(await good).toBe('here');
  expect([ended, isIdle]).toEqual([['good'], false]);
  fail(new Error('gone'));
  await expect(bad).rejects.toThrow('gone');
  expect(await idle).toEqual({ failed: 1 });
  expect(ended).toEqual(['good', 'bad']);
  expect(await awaited.idle()).toEqual({ failed: 1 });
});
