import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADMISSION } from '#src/domain/admission.js';
import { POOL_SLOTS, shareSlots } from '#src/peer/request-slots.js';

describe('sharing out request slots', () => {
  it('gives one download all it may have, and two about half each', () => {
    expect(shareSlots(1, 8)).toEqual([7]);
    expect(shareSlots(1, 3)).toEqual([3]);
    expect(shareSlots(2, 8)).toEqual([4, 3]);
    expect(shareSlots(0, 8)).toEqual([]);
  });

  it('gives no more than one source lets in, which may be the only one of them all', () => {
    const all = shareSlots(10, 8).reduce((sum, one) => sum + one, 0);
    expect(all).toBe(POOL_SLOTS - 1);
    expect(all).toBeLessThan(ADMISSION.perPeerAndRole);
  });

  it('leaves a slot to the hasher, starves nobody it could serve, and lets the last wait', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 8 }),
        (count, most) => {
          const slots = shareSlots(count, most);
          const all = slots.reduce((sum, one) => sum + one, 0);
          expect(slots).toHaveLength(count);
          expect(all).toBeLessThanOrEqual(POOL_SLOTS - 1);
          expect(Math.max(...slots)).toBeLessThanOrEqual(most);
          expect(slots.filter((one) => one > 0)).toHaveLength(Math.min(count, POOL_SLOTS - 1));
        },
      ),
    );
  });
});
