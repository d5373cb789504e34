import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { everyTick } from '#src/io/net/shared-ticks.js';

describe('ticks that are shared', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('wake a thread once for all who count them, and no more once nobody does', () => {
    const counts = [0, 0, 0];
    const count = (who: number) => () => {
      counts[who] = (counts[who] ?? 0) + 1;
    };
    const first = everyTick(100, count(0));
    vi.advanceTimersByTime(150);
    const second = everyTick(100, count(1));
    const slow = everyTick(1000, count(2));
    expect(vi.getTimerCount()).toBe(2);
    vi.advanceTimersByTime(1000);
    expect(counts).toEqual([11, 10, 1]);
    first();
    vi.advanceTimersByTime(100);
    expect(counts).toEqual([11, 11, 1]);
    second();
    slow();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('go on for the others when one of them ends in a tick', () => {
    let heard = 0;
    const ends: (() => void)[] = [];
    ends.push(everyTick(10, () => ends[0]?.()));
    const hear = () => {
      heard += 1;
    };
    ends.push(everyTick(10, hear));
    vi.advanceTimersByTime(30);
    expect(heard).toBe(3);
    ends[1]?.();
    // Ended twice, and not by who came after.
    const next = everyTick(10, () => hear());
    ends[1]?.();
    vi.advanceTimersByTime(10);
    expect(heard).toBe(4);
    next();
  });
});
