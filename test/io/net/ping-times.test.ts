import { expect, it } from 'vitest';
import { PingTimes } from '#src/io/net/ping-times.js';

it('measures from the oldest ping to the first answer, smooths, and believes no answer to nothing', () => {
  const times = new PingTimes();
  times.answered(5);
  expect(times.smoothedMs).toBeUndefined();
  times.pinged(10);
  times.pinged(12);
  times.answered(18);
  expect(times.smoothedMs).toBe(8);
  times.answered(1000);
  expect(times.smoothedMs).toBe(8);
  times.pinged(2000);
  times.answered(2016);
  expect(times.smoothedMs).toBe(9);
});

it('knows what an answer takes where nobody is busy, by the least of the latest eight', () => {
  const times = new PingTimes();
  expect(times.leastMs).toBeUndefined();
  for (const ms of [600, 3, 40, 50]) {
    times.pinged(0);
    times.answered(ms);
  }
  expect(times.leastMs).toBe(3);
  for (let late = 0; late < 8; late += 1) {
    times.pinged(0);
    times.answered(70);
  }
  expect(times.leastMs).toBe(70);
});
