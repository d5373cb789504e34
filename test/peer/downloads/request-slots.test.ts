import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADMISSION } from '#src/domain/peers/admission.js';
import { PRIORITIES, type Priority } from '#src/domain/send/transfer.js';
import { POOL_SLOTS, shareSlots, type Wish } from '#src/peer/downloads/request-slots.js';

const SLOTS = POOL_SLOTS - 1;

function wish(slots: number, priority: Priority = 'normal'): Wish {
  return { slots, priority };
}

const anyWish = fc.record({
  priority: fc.constantFrom(...PRIORITIES),
  slots: fc.integer({ min: 0, max: 8 }),
});

function sum(slots: readonly number[]): number {
  return slots.reduce((all, one) => all + one, 0);
}

describe('sharing out request slots', () => {
  it('gives one download all it may have, and two about half each', () => {
    expect(shareSlots([wish(8)])).toEqual([7]);
    expect(shareSlots([wish(3)])).toEqual([3]);
    expect(shareSlots([wish(8), wish(8)])).toEqual([4, 3]);
    expect(shareSlots([])).toEqual([]);
  });

  it('gives to others what one has nobody to ask with', () => {
    expect(shareSlots([wish(1), wish(8)])).toEqual([1, 6]);
    expect(shareSlots([wish(0), wish(8)])).toEqual([0, 7]);
  });

  it('gives to the higher priority first, and to the lower what is left', () => {
    expect(shareSlots([wish(6, 'low'), wish(6), wish(2, 'high')])).toEqual([0, 5, 2]);
    expect(shareSlots([wish(6, 'low'), wish(2), wish(2, 'high')])).toEqual([3, 2, 2]);
    expect(shareSlots([wish(8, 'low'), wish(8, 'high')])).toEqual([0, 7]);
  });

  it('gives no more than one source lets in, which may be the only one of them all', () => {
    expect(sum(shareSlots(Array.from({ length: 10 }, () => wish(8))))).toBe(SLOTS);
    expect(SLOTS).toBeLessThan(ADMISSION.perPeerAndRole);
  });

  it('leaves a slot to the hasher, leaves none unused that is wanted, and starves no equal', () => {
    fc.assert(
      fc.property(fc.array(anyWish, { maxLength: 40 }), (wishes) => {
        const slots = shareSlots(wishes);
        expect(slots).toHaveLength(wishes.length);
        expect(sum(slots)).toBe(Math.min(SLOTS, sum(wishes.map((one) => one.slots))));
        for (const [at, one] of wishes.entries()) {
          const given = slots[at] ?? 0;
          expect(given).toBeLessThanOrEqual(one.slots);
          if (given === one.slots) continue;
          // Whoever got less than it wanted got no less than an equal, by more than the last one's turn.
          for (const [other, { priority }] of wishes.entries()) {
            if (priority === one.priority) expect(slots[other]).toBeLessThanOrEqual(given + 1);
          }
        }
      }),
    );
  });
});
