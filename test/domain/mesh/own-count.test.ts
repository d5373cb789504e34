import { describe, expect, it } from 'vitest';
import { nextOwnCount } from '#src/domain/mesh/own-count.js';
import { idOf } from '#test/support/mesh-contacts.js';

const DAY_MS = 86_400_000;
const author = idOf(1);
const heard = (epoch: number, to: number) => ({ author, epoch, runs: [{ from: 1, to }] });

describe('the count of our own messages', () => {
  it('goes on from the last one, whatever the clock says', () => {
    const first = nextOwnCount(undefined, [], DAY_MS);
    expect(first).toEqual({ epoch: DAY_MS, sequence: 1 });
    expect(nextOwnCount(first, [heard(DAY_MS, 2)], 0)).toEqual({ epoch: DAY_MS, sequence: 2 });
    expect(
      nextOwnCount({ epoch: 5, sequence: 7 }, [heard(5, 3), heard(4, 99)], 2 * DAY_MS),
    ).toEqual({ epoch: 5, sequence: 8 });
  });

  it('begins anew where it was lost, later than any before though the clock went back by a day', () => {
    const before = [heard(2 * DAY_MS, 9), heard(3 * DAY_MS, 4)];
    expect(nextOwnCount(undefined, before, 2 * DAY_MS)).toEqual({
      epoch: 3 * DAY_MS + 1,
      sequence: 1,
    });
    expect(nextOwnCount(undefined, before, 4 * DAY_MS)).toEqual({ epoch: 4 * DAY_MS, sequence: 1 });
  });

  it('begins anew where others have heard more than was counted, as after a backup was put back', () => {
    const restored = { epoch: 5, sequence: 7 };
    expect(nextOwnCount(restored, [heard(5, 10)], 3)).toEqual({ epoch: 6, sequence: 1 });
    expect(nextOwnCount(restored, [heard(5, 8), heard(9, 2)], 3)).toEqual({
      epoch: 10,
      sequence: 1,
    });
  });
});
