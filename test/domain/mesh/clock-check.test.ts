import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { ClockCheck } from '#src/domain/mesh/clock-check.js';

const NOW = 1_800_000_000_000;
const MINUTE_MS = 60_000;

/** What each of these says at this moment, by how far his clock is ahead of ours. */
function heard(check: ClockCheck, aheadMs: readonly number[], trusted?: number) {
  return aheadMs.flatMap((ahead, at) => {
    const witness = {
      author: `${at}`.repeat(8) as PeerId,
      name: `peer ${at}`,
      sentAt: NOW + ahead,
    };
    return check.hear(witness, at === trusted, NOW) ?? [];
  });
}

describe('a clock that is far from those of others', () => {
  it('is told of once, by how much and from whom, where three of them agree', () => {
    const check = new ClockCheck();
    const [half, third] = [30 * MINUTE_MS, 30 * MINUTE_MS + 50_000];
    const [told, ...more] = heard(check, [half, 0, half, third, half]);
    expect(told?.code).toBe('clock');
    expect(told?.message).toContain(
      'seems to be 31 minutes behind that of peer 0 (00000000), peer 2 (22222222), peer 3 (33333333)',
    );
    expect(more).toEqual([]);
    expect(
      heard(
        check,
        [half, half, half].map((one) => one + 1),
      ),
    ).toEqual([]);
  });

  it('is told of by one who is trusted', () => {
    expect(heard(new ClockCheck(), [-3 * 60 * MINUTE_MS], 0)).toMatchObject([
      { message: expect.stringContaining('3 hours ahead of that of peer 0') },
    ]);
    expect(heard(new ClockCheck(), [3 * 24 * 60 * MINUTE_MS], 0)).toMatchObject([
      { message: expect.stringContaining('3 days behind') },
    ]);
  });

  it.each([
    ['two alone', [30, 30]],
    ['three who do not agree', [30, 40, 50]],
    ['three who are hardly off', [10, 10, 10]],
  ])('is not told of by %s', (_, minutes) => {
    expect(
      heard(
        new ClockCheck(),
        minutes.map((one) => one * MINUTE_MS),
      ),
    ).toEqual([]);
  });

  it('is not told of by what was recorded of those whose newer words were heard', () => {
    const check = new ClockCheck();
    const old = [-20, -20, -20].map((one) => one * MINUTE_MS);
    expect(heard(check, [0, 0, 0])).toEqual([]);
    expect(heard(check, old)).toEqual([]);
    // Of those who were not heard before it is believed.
    expect(heard(new ClockCheck(), old)).toHaveLength(1);
  });

  it('is not told of by one who says it again and again', () => {
    const check = new ClockCheck();
    for (let at = 0; at < 10; at += 1) {
      expect(heard(check, [30 * MINUTE_MS + at])).toEqual([]);
    }
  });
});
