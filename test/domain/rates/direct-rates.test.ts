import { expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { DirectGate } from '#src/domain/rates/direct-rates.js';

const idOf = (at: number) => `${String(at).padStart(51, 'x')}q` as PeerId;

const RATES = { ofOne: { perSecond: 1, burst: 3 }, ofAll: { perSecond: 2, burst: 5 } };

it('one who says too much takes nothing from what others may say', () => {
  const gate = new DirectGate(RATES);
  const taken = Array.from({ length: 100 }, () => gate.take(idOf(1), 0));
  expect(taken.filter(Boolean)).toHaveLength(3);
  expect([gate.take(idOf(2), 0), gate.take(idOf(2), 0), gate.take(idOf(2), 0)]).toEqual([
    true,
    true,
    false,
  ]);
  expect(gate.take(idOf(1), 1000)).toBe(true);
  expect(gate.take(idOf(1), 1000)).toBe(false);
});

it('many together are taken as fast as all may, however many they are', () => {
  const gate = new DirectGate(RATES);
  let taken = 0;
  for (let at = 0; at < 10_000; at += 1) taken += gate.take(idOf(at), at) ? 1 : 0;
  expect(taken).toBeGreaterThanOrEqual(24);
  expect(taken).toBeLessThanOrEqual(25);
});
