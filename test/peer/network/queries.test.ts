import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Queries } from '#src/peer/network/queries.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a question after a content', () => {
  it('ends within a second where nobody has it, however many strangers are known', async () => {
    const send = vi.fn();
    const queries = new Queries({ send });
    const isOver = vi.fn();
    const asking = { strangers: 10_000, isWhole: () => false };
    queries.ask({ about: 'content', word: 'film' }, asking).subscribe({ complete: isOver });
    await vi.advanceTimersByTimeAsync(1000);
    expect(isOver).toHaveBeenCalledOnce();
    expect(send.mock.calls[0]?.[1]).toMatchObject({ type: 'ask', withinMs: 200 });
  });
});
