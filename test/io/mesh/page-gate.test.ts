import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PageGate } from '#src/io/mesh/page-gate.js';

const LIMITS = { ofLink: 2, ofAll: 3, untaken: 4, tickMs: 100 };

describe('the gate of pages', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function setup() {
    const gate = new PageGate(LIMITS);
    const passed: number[] = [];
    const pass = (link: number) => gate.pass(link).subscribe(() => passed.push(link));
    return { gate, passed, pass };
  }

  it('lets a link through twice a tick, and the third time in the next', () => {
    const { passed, pass } = setup();
    for (let at = 0; at < 3; at += 1) pass(1);
    expect(passed).toEqual([1, 1]);
    vi.advanceTimersByTime(100);
    expect(passed).toEqual([1, 1, 1]);
  });

  it('bounds all links together, and whoever waits for longest is next', () => {
    const { passed, pass } = setup();
    for (const link of [1, 1, 2, 3, 4]) pass(link);
    expect(passed).toEqual([1, 1, 2]);
    vi.advanceTimersByTime(100);
    expect(passed).toEqual([1, 1, 2, 3]);
  });

  it('waits for the host, and for no page that was spared it', () => {
    const { gate, passed, pass } = setup();
    for (let link = 1; link <= 6; link += 1) {
      pass(link);
      vi.advanceTimersByTime(100);
    }
    expect(passed).toEqual([1, 2, 3, 4]);
    gate.taken();
    expect(passed).toEqual([1, 2, 3, 4, 5]);
    gate.taken();
    expect(passed).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('forgets a link that is gone', () => {
    const { gate, passed, pass } = setup();
    for (const link of [1, 1, 2]) pass(link);
    const gone = pass(1);
    gone.unsubscribe();
    vi.advanceTimersByTime(1000);
    gate.taken();
    expect(passed).toEqual([1, 1, 2]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
