import { describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { isWithin, MOST_NAMED, stillMissing } from '#src/domain/send/rest.js';

describe('the rest of something that was accepted', () => {
  const came = { offeredBytes: 100 * MiB, bytes: 90 * MiB, failedCount: 3 };
  const offer = { kind: 'directory', bytes: 10 * MiB, files: 3 } as const;

  it('goes where that is, as far as it is no more than what did not come, and anything at all', () => {
    expect(isWithin(offer, came)).toBe(true);
    expect(isWithin({ ...offer, files: 4 }, came)).toBe(false);
    expect(isWithin({ ...offer, kind: 'file' }, came)).toBe(false);
    expect(isWithin({ ...offer, files: 0 }, { ...came, failedCount: 0 })).toBe(false);
    expect(isWithin({ ...offer, files: 0 }, came)).toBe(false);
    expect(isWithin({ ...offer, files: 1 }, { ...came, failedCount: 0 })).toBe(false);
  });

  it('may have grown by as little as anything that is sent', () => {
    expect(isWithin({ ...offer, bytes: 11 * MiB }, came)).toBe(true);
    expect(isWithin({ ...offer, bytes: 11 * MiB + 1 }, came)).toBe(false);
  });

  it('leaves missing what failed again, and what was never named', () => {
    expect(stillMissing(14, 0)).toBe(0);
    expect(stillMissing(14, 2)).toBe(2);
    expect(stillMissing(MOST_NAMED + 5, 1)).toBe(6);
    expect(stillMissing(3, Number.MAX_SAFE_INTEGER)).toBe(3);
  });
});
