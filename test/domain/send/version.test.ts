import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { earlierThan, type Versioned, versionOf } from '#src/domain/send/version.js';

const idOf = (digit: number) => String(digit).repeat(64) as ContentId;

/** Files of it change one after the other. */
function changing(times: number): Versioned {
  let record: Versioned = { id: '', bytes: 0, files: 0 };
  for (let at = 0; at < times; at += 1) {
    const failed = Array.from({ length: at }, (_, file) => String(file));
    const now = { id: idOf(at), bytes: 100 - at, files: 10 - at, failed, failedCount: at };
    record = { ...now, earlier: earlierThan(record, now.id) };
  }
  return record;
}

describe('what an offer came to be', () => {
  it('is known with what it went without, and so is what it was before that', () => {
    const record = changing(3);
    expect(versionOf(record, idOf(2))).toMatchObject({ failedCount: 2, bytes: 98 });
    expect(versionOf(record, idOf(1))).toMatchObject({ failedCount: 1, failed: ['0'], files: 9 });
    expect(versionOf(record, idOf(0))).toMatchObject({ failedCount: 0, failed: [] });
    expect(versionOf(record, idOf(3))).toBeUndefined();
  });

  it('is forgotten after four changes', () => {
    const record = changing(8);
    expect(record.earlier).toHaveLength(4);
    expect(versionOf(record, idOf(3))).toBeDefined();
    expect(versionOf(record, idOf(2))).toBeUndefined();
  });

  it('is no earlier one where it is what it was once more', () => {
    const record = changing(2);
    expect(earlierThan(record, idOf(1)).map(({ id }) => id)).toEqual([idOf(0)]);
  });
});
