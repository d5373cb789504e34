import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeadline } from '#src/io/net/deadline.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a deadline', () => {
  it('passes once, unless it is started anew or stopped in time', () => {
    const late = vi.fn();
    const deadline = createDeadline(1000, late);
    deadline.restart();
    vi.advanceTimersByTime(900);
    deadline.restart();
    vi.advanceTimersByTime(900);
    expect(late).not.toHaveBeenCalled();
    vi.advanceTimersByTime(5000);
    expect(late).toHaveBeenCalledOnce();
    deadline.restart();
    deadline.stop();
    vi.advanceTimersByTime(5000);
    expect(late).toHaveBeenCalledOnce();
  });

  it('has not passed for a process that slept: its timers are late all together, once', () => {
    const late = vi.fn();
    createDeadline(1000, late).restart();
    // The clock went on for an hour, and the one interval that was due fires once.
    vi.advanceTimersToNextTimer();
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersToNextTimer();
    expect(late).not.toHaveBeenCalled();
  });
});
