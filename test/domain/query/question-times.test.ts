import { describe, expect, it } from 'vitest';
import { questionTimes } from '#src/domain/query/question-times.js';

describe('a question', () => {
  it.each([0, 100, 1000, 100_000])(
    'after a content nobody has ends within a second: %i',
    (many) => {
      const { withinMs, quietMs } = questionTimes({ about: 'content', word: 'film' }, many);
      expect(quietMs).toBeLessThan(1000);
      // Whoever takes all the time he is given and then dials is still waited for.
      expect(quietMs - withinMs).toBeGreaterThanOrEqual(500);
    },
  );

  it('for everybody gives them the more time the more there are, and a minute at most', () => {
    const withinMs = (many: number) => questionTimes({ about: 'topology' }, many).withinMs;
    expect([0, 50, 1000].map(withinMs)).toEqual([0, 250, 5000]);
    expect(withinMs(1_000_000)).toBe(60_000);
  });
});
