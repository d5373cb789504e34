import { expect, it, onTestFinished, vi } from 'vitest';
import { randomFrom } from './random.js';
import { rounds, someOf } from './rounds.js';

it('breaks things a few times, and many times only where that is asked for', () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('FAULTS', undefined);
  expect(rounds({ small: 3, full: 50 })).toBe(3);
  vi.stubEnv('FAULTS', 'full');
  expect(rounds({ small: 3, full: 50 })).toBe(50);
  vi.stubEnv('FAULTS', '7');
  expect(rounds({ small: 3, full: 50 })).toBe(7);
});

it('takes others each time, in their order, and all of them where there is room', () => {
  const all = [1, 2, 3, 4];
  const taken = Array.from({ length: 40 }, (_, seed) => someOf(all, 2, randomFrom(seed)));
  for (const some of taken)
    expect(some).toEqual(all.filter((one) => some.includes(one)).slice(0, 2));
  expect(new Set(taken.flat())).toEqual(new Set(all));
  expect(someOf(all, 9, randomFrom(1))).toEqual(all);
});
