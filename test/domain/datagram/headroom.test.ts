import { describe, expect, it } from 'vitest';
import { aheadUs, isTooMuchWaiting, MOST_OWN_US } from '#src/domain/datagram/headroom.js';

/** 100 Mbit/s, in bytes a microsecond. */
const RATE = 12.5;

describe('what may leave ahead', () => {
  it('is 8 ms at 100 Mbit/s, half as much at four times the rate, and no less beyond', () => {
    expect(aheadUs(RATE)).toBe(8000);
    expect(aheadUs(2 * RATE)).toBeCloseTo(5657, 0);
    expect(aheadUs(4 * RATE)).toBe(4000);
    expect(aheadUs(100 * RATE)).toBe(4000);
  });

  it('is 16 ms at most: at a quarter of that rate, below, and where nothing is known', () => {
    for (const rate of [RATE / 4, RATE / 100, 0]) expect(aheadUs(rate)).toBe(16_000);
    expect(MOST_OWN_US).toBe(32_000);
  });

  it('is too much where more than half of it waits', () => {
    expect(isTooMuchWaiting(4000, RATE)).toBe(false);
    expect(isTooMuchWaiting(4001, RATE)).toBe(true);
    expect(isTooMuchWaiting(2001, 4 * RATE)).toBe(true);
  });
});
