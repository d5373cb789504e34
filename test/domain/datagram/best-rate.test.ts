import { describe, expect, it } from 'vitest';
import { BestRate } from '#src/domain/datagram/best-rate.js';

const LASTS_US = 250_000;

function sampleOf(rate: number, isAppLimited = false) {
  return { rate, isAppLimited, priorDelivered: 0, bytes: 1 };
}

describe('the best rate of late', () => {
  it('is nothing before anything was measured, and once it is forgotten', () => {
    const best = new BestRate();
    expect(best.rate).toBe(0);
    best.learn(sampleOf(0), 1, 1);
    expect(best.rate).toBe(0);
    best.learn(sampleOf(5), 2, 2);
    best.forget();
    expect(best.rate).toBe(0);
  });

  it('does not fall before it is ten rounds old and a quarter of a second, then to the next best since', () => {
    const best = new BestRate();
    best.learn(sampleOf(10), 1, 0);
    best.learn(sampleOf(6), 2, 1);
    best.learn(sampleOf(8), 3, 2);
    best.learn(sampleOf(5), 11, LASTS_US + 1);
    expect(best.rate).toBe(10);
    best.learn(sampleOf(5), 12, LASTS_US);
    expect(best.rate).toBe(10);
    best.learn(sampleOf(5), 12, LASTS_US + 1);
    expect(best.rate).toBe(8);
    best.learn(sampleOf(5), 100, 2 * LASTS_US + 1);
    expect(best.rate).toBe(5);
  });

  it('stays what it is for as long as nothing is measured', () => {
    const best = new BestRate();
    best.learn(sampleOf(10), 1, 0);
    best.learn(sampleOf(0), 1000, 1000 * LASTS_US);
    expect(best.rate).toBe(10);
  });

  it('is not lowered where there was too little to send, and raised all the same', () => {
    const best = new BestRate();
    best.learn(sampleOf(10), 1, 0);
    best.learn(sampleOf(3, true), 50, 50 * LASTS_US);
    expect(best.rate).toBe(10);
    best.learn(sampleOf(11, true), 51, 51 * LASTS_US);
    expect(best.rate).toBe(11);
  });
});
