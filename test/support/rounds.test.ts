import { expect, it, onTestFinished, vi } from 'vitest';
import { rounds } from './rounds.js';

it('breaks things a few times, and many times only where that is asked for', () => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('FAULTS', undefined);
  expect(rounds({ small: 3, full: 50 })).toBe(3);
  vi.stubEnv('FAULTS', 'full');
  expect(rounds({ small: 3, full: 50 })).toBe(50);
  vi.stubEnv('FAULTS', '7');
  expect(rounds({ small: 3, full: 50 })).toBe(7);
});
