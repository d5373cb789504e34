import { describe, expect, it } from 'vitest';
import { RandomLoss } from '#src/domain/datagram/random-loss.js';

function counted(loss: RandomLoss, arrived: number, lost: number): RandomLoss {
  for (let count = 0; count < arrived; count += 1) loss.count(false);
  for (let count = 0; count < lost; count += 1) loss.count(true);
  return loss;
}

describe('what is lost whatever is sent', () => {
  it('is nothing until enough was counted, then the share of it that was lost', () => {
    expect(counted(new RandomLoss(), 0, 49).share).toBe(0);
    expect(counted(new RandomLoss(), 40, 10).share).toBeCloseTo(0.2);
  });

  it('is never taken for more than half', () => {
    expect(counted(new RandomLoss(), 10, 90).share).toBe(0.5);
  });

  it('is forgotten bit by bit', () => {
    const same = counted(new RandomLoss(), 80, 20);
    same.fade();
    expect(same.share).toBeCloseTo(0.2, 10);
    const loss = counted(new RandomLoss(), 0, 100);
    for (let cycle = 0; cycle < 60; cycle += 1) {
      loss.fade();
      counted(loss, 50, 0);
    }
    expect(loss.share).toBeLessThan(0.001);
  });
});
