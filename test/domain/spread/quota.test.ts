import { describe, expect, it } from 'vitest';
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import { type ContentId, type PeerId, parsePeerId } from '#src/domain/ids.js';
import { GiB, KiB, MiB } from '#src/domain/limits.js';
import { Convictions } from '#src/domain/peers/conviction.js';
import { affordable, costOf, evictionOrder, Quota, roomOnDisk } from '#src/domain/spread/quota.js';

const [ALICE, BOB] = ['a', 'b'].map((letter) => parsePeerId(`${letter.repeat(51)}a`)) as [
  PeerId,
  PeerId,
];

describe('the quota', () => {
  it('gives one peer a quarter and all of them together the whole', () => {
    const quota = new Quota(4 * MiB);
    expect([quota.free, quota.freeFor(ALICE)]).toEqual([4 * MiB, MiB]);
    quota.add('one', MiB, ALICE);
    expect([quota.free, quota.freeFor(ALICE), quota.freeFor(BOB)]).toEqual([3 * MiB, 0, MiB]);
  });

  it('charges a file once, to the first who brought it, until nobody needs it', () => {
    const quota = new Quota(4 * MiB);
    quota.add('one', MiB, ALICE);
    quota.add('one', MiB, BOB);
    expect([quota.usedBy(ALICE), quota.usedBy(BOB)]).toEqual([MiB, 0]);
    expect(quota.drop('one')).toBe(false);
    expect(quota.drop('one')).toBe(true);
    expect([quota.used, quota.usedBy(ALICE), quota.has('one')]).toEqual([0, 0, false]);
    expect(quota.drop('one')).toBe(false);
  });

  it('counts a tiny file as what it costs', () => {
    expect([costOf(0), costOf(1), costOf(MiB)]).toEqual([16 * KiB, 16 * KiB, MiB]);
  });

  it.each([
    [100 * GiB, 1000 * GiB, 90 * GiB],
    [1 * GiB, 10 * GiB, 512 * MiB],
    [100 * MiB, 10 * GiB, 0],
  ])('leaves of %i free bytes of %i room for %i', (free, total, room) => {
    expect(roomOnDisk(free, total)).toBe(room);
  });

  it('wants the first offered chunks that are missing and fit', () => {
    const offered = ChunkSet.from(10, [0, 8]);
    const held = ChunkSet.from(10, [1, 2]);
    expect(affordable(offered, held, () => 10, 35).toRanges()).toEqual([0, 1, 3, 2]);
    expect(affordable(offered, undefined, () => 10, 9).count).toBe(0);
  });

  it('gives up the most replicated first, never the rare and never what is in use', () => {
    const contents = [
      { id: 'a' as ContentId, holders: 2, bytes: 1, isBusy: false },
      { id: 'b' as ContentId, holders: 9, bytes: 1, isBusy: true },
      { id: 'c' as ContentId, holders: 5, bytes: 1, isBusy: false },
      { id: 'd' as ContentId, holders: 1, bytes: 1, isBusy: false },
      { id: 'e' as ContentId, holders: 5, bytes: 7, isBusy: false },
    ];
    expect(evictionOrder(contents).map(({ id }) => id)).toEqual(['e', 'c', 'a']);
  });
});

describe('convictions', () => {
  it('ban at the third lie, and at once for an attack', () => {
    const convictions = new Convictions();
    expect([1, 2, 3, 4].map(() => convictions.convict(ALICE))).toEqual([false, false, true, false]);
    expect(convictions.isBanned(ALICE)).toBe(true);
    expect(convictions.isBanned(BOB)).toBe(false);
    expect(convictions.convict(BOB, true)).toBe(true);
  });
});
