import { expect, it } from 'vitest';
import { SealLimits } from '#src/domain/discovery/seal-limits.js';

function openedOf(limits: SealLimits, source: string | undefined, count: number, now: number) {
  let opened = 0;
  for (let n = 0; n < count; n += 1) opened += Number(limits.mayOpen(source, now));
  return opened;
}

it('one source is opened 32 times at once and 8 times a second after, and holds up no other', () => {
  const limits = new SealLimits();
  expect(openedOf(limits, '10.0.0.1', 1000, 0)).toBe(32);
  expect(openedOf(limits, '10.0.0.1', 1000, 1000)).toBe(8);
  expect(openedOf(limits, '10.0.0.2', 10, 1000)).toBe(10);
});

it('all who were never heard as members share a thousand a second, and this machine is one of them', () => {
  const limits = new SealLimits();
  let opened = 0;
  for (let n = 0; n < 5000; n += 1)
    opened += Number(limits.mayOpen(`10.1.${n >> 8}.${n & 255}`, 0));
  expect(opened).toBe(500);
  expect(openedOf(limits, undefined, 10, 0)).toBe(0);
  expect(openedOf(limits, undefined, 5000, 1000)).toBe(500);
});

it('a member whose place is known is heard while garbage comes from everywhere', () => {
  const limits = new SealLimits();
  limits.wasSound('10.0.0.1');
  for (let n = 0; n < 5000; n += 1) limits.mayOpen(`10.1.${n >> 8}.${n & 255}`, 0);
  expect(limits.mayOpen('10.0.0.2', 0)).toBe(false);
  expect(openedOf(limits, '10.0.0.1', 1000, 0)).toBe(32);
});

it('whoever invents places makes it forget the members heard longest ago, and costs no more memory', () => {
  const limits = new SealLimits();
  for (let n = 0; n < 3000; n += 1) limits.wasSound(`10.1.${n >> 8}.${n & 255}`);
  for (let n = 0; n < 5000; n += 1) limits.mayOpen(undefined, 0);
  expect(limits.mayOpen('10.1.0.0', 0)).toBe(false);
  expect(limits.mayOpen(`10.1.${2999 >> 8}.${2999 & 255}`, 0)).toBe(true);
});
