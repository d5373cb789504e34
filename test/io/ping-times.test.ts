import { expect, it } from 'vitest';
import { PingTimes } from '#src/io/ping-times.js';

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
