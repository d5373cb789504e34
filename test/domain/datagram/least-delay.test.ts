import { describe, expect, it } from 'vitest';
import { LeastDelay } from '#src/domain/datagram/least-delay.js';

const SECOND = 1_000_000;

describe('the least delay', () => {
  it('is what the handshake took until less is measured, and is not raised by more', () => {
    const delay = new LeastDelay(10_000, 0);
    delay.learn(12_000, 1);
    expect(delay.us).toBe(10_000);
    delay.learn(9000, 2);
    expect(delay.us).toBe(9000);
  });

  it('is old after five seconds in which nothing came near it', () => {
    const delay = new LeastDelay(10_000, 0);
    delay.learn(11_000, 3 * SECOND);
    expect(delay.isOld(5 * SECOND)).toBe(false);
    expect(delay.isOld(5 * SECOND + 1)).toBe(true);
    // As good as the least, where timers jitter.
    delay.learn(10_750, 5 * SECOND);
    expect(delay.isOld(10 * SECOND)).toBe(false);
    expect(delay.us).toBe(10_000);
  });

  it('is old sooner where more waits than we can have made wait', () => {
    const delay = new LeastDelay(10_000, 0);
    delay.learn(42_000, 1);
    delay.endRound();
    expect(delay.isOld(SECOND)).toBe(false);
    delay.learn(42_001, 2);
    delay.endRound();
    expect(delay.isOld(SECOND / 2)).toBe(false);
    expect(delay.isOld(SECOND / 2 + 1)).toBe(true);
  });

  it('is what showed while it was probed, and tells when the way has become longer', () => {
    const delay = new LeastDelay(10_000, 0);
    delay.beginProbe();
    delay.learn(60_000, 6 * SECOND);
    delay.learn(50_000, 6 * SECOND);
    expect(delay.endProbe(7 * SECOND)).toBe(true);
    expect(delay.us).toBe(50_000);
    expect(delay.isOld(12 * SECOND)).toBe(false);
    delay.beginProbe();
    delay.learn(80_000, 13 * SECOND);
    expect(delay.endProbe(14 * SECOND)).toBe(false);
    expect(delay.us).toBe(80_000);
  });

  it('stays what it was where nothing was measured while it was probed', () => {
    const delay = new LeastDelay(10_000, 0);
    delay.learn(5000, 1);
    delay.beginProbe();
    expect(delay.endProbe(2)).toBe(false);
    expect(delay.us).toBe(5000);
  });
});

describe('what waited', () => {
  it('is what the luckiest of the last round took beyond it', () => {
    const delay = new LeastDelay(10_000, 0);
    for (const us of [18_000, 14_000, 16_000]) delay.learn(us, 1);
    expect(delay.waitingUs).toBe(0);
    delay.endRound();
    expect(delay.waitingUs).toBe(4000);
    // A round in which nothing was measured says nothing.
    delay.endRound();
    expect(delay.waitingUs).toBe(4000);
    delay.learn(11_000, 2);
    delay.endRound();
    expect(delay.waitingUs).toBe(1000);
  });

  it('does not count once the queue is given time to drain', () => {
    const delay = new LeastDelay(10_000, 0);
    delay.learn(18_000, 1);
    delay.endRound();
    delay.drains();
    expect(delay.waitingUs).toBe(0);
  });
});
