import { expect, it } from 'vitest';
import { Growth } from '#src/domain/datagram/growth.js';

/** @returns whether it was over after each of these rounds. */
function rounds(growth: Growth, rates: readonly number[]): readonly boolean[] {
  return rates.map((rate) => {
    growth.endRound(rate);
    return growth.isOver;
  });
}

it('a rate grows no more once three rounds did not bring a quarter more', () => {
  const growth = new Growth();
  expect(rounds(growth, [100, 124, 124, 125])).toEqual([false, false, false, false]);
  expect(rounds(growth, [156, 156, 156])).toEqual([false, false, true]);
});

it('a rate may grow again once all starts over', () => {
  const growth = new Growth();
  rounds(growth, [100, 100, 100, 100]);
  expect(growth.isOver).toBe(true);
  growth.startOver();
  expect(rounds(growth, [1, 2, 4, 8])).toEqual([false, false, false, false]);
});
