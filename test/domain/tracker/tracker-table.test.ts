import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { NetworkTag } from '#src/domain/tracker/tracker-message.js';
import { type Registrant, TRACKER_TABLE, TrackerTable } from '#src/domain/tracker/tracker-table.js';
import { randomFrom } from '#test/support/random.js';

const OPEN = '' as NetworkTag;

const one = (
  id: number | string,
  host = '192.168.1.5',
  port = 27_460,
  network = OPEN,
): Registrant => ({
  peerId: `peer ${id}` as PeerId,
  host,
  port,
  network,
});

/** Registers somebody who is taken. */
function put<R extends Registrant>(table: TrackerTable<R>, registrant: R): R {
  expect(table.register(registrant).isTaken).toBe(true);
  return registrant;
}

const ids = (members: readonly Registrant[]) => members.map(({ peerId }) => peerId).toSorted();

describe('a tracker’s table', () => {
  it('tells a member of others, never of itself, and of no more than it is asked for', () => {
    const table = new TrackerTable();
    const random = randomFrom(1);
    const me = put(table, one('me'));
    expect(table.sample(me, 20, random)).toEqual([]);
    const others = Array.from({ length: 30 }, (_, index) => put(table, one(index)));
    expect(table.sample(me, 20, random)).toHaveLength(20);
    expect(new Set(ids(table.sample(me, 20, random))).size).toBe(20);
    expect(ids(table.sample(me, 100, random))).toEqual(ids(others));
    for (const gone of others.slice(1)) table.leave(gone);
    expect(table.sample(me, 3, random)).toEqual([others[0]]);
  });

  it('draws each of ten thousand as often as any other', () => {
    const table = new TrackerTable();
    const random = randomFrom(7);
    const host = (index: number) => `10.0.${index >> 8}.${index & 255}`;
    const all = Array.from({ length: 10_000 }, (_, index) => put(table, one(index, host(index))));
    expect(table.size).toBe(10_000);
    const drawn = new Map<PeerId, number>();
    for (const asker of all) {
      const sample = table.sample(asker, 20, random);
      expect(sample).not.toContain(asker);
      for (const { peerId } of sample) drawn.set(peerId, (drawn.get(peerId) ?? 0) + 1);
    }
    // 20 each on average, with a deviation of 4.5: beyond six of those chance does not reach.
    const counts = [...drawn.values()];
    expect(drawn.size).toBe(10_000);
    expect(Math.max(...counts)).toBeLessThan(20 + 6 * 4.5);
    expect(counts.reduce((sum, count) => sum + count)).toBe(200_000);
    for (const gone of all) expect(table.leave(gone)).toBe(true);
    expect(table.size).toBe(0);
  });

  it('tells nobody of who is nearer than he is, and of other networks nothing', () => {
    const table = new TrackerTable();
    const random = randomFrom(3);
    const [local, home, world] = [
      put(table, one('local', '127.0.0.1')),
      put(table, one('home', '192.168.1.5')),
      put(table, one('world', '203.0.113.5')),
    ];
    const key = 'ab'.repeat(16) as NetworkTag;
    const hidden = put(table, one('hidden', '203.0.113.6', 27_460, key));
    expect(ids(table.sample(world, 20, random))).toEqual([]);
    expect(ids(table.sample(home, 20, random))).toEqual(ids([world]));
    expect(ids(table.sample(local, 20, random))).toEqual(ids([home, world]));
    expect(table.sample(hidden, 20, random)).toEqual([]);
  });

  it('has one place for each peer, which goes to who came last', () => {
    const table = new TrackerTable();
    const first = put(table, one('me'));
    const second = one('me', '192.168.1.6');
    expect(table.register(second)).toEqual({ isTaken: true, gone: first });
    expect(table.leave(first)).toBe(false);
    expect(table.all).toEqual([second]);
    expect(table.leave(second)).toBe(true);
    expect(table.leave(second)).toBe(false);
    expect(table.size).toBe(0);
  });

  it('takes so many of one address, except of its own machine', () => {
    const table = new TrackerTable();
    const { perAddress } = TRACKER_TABLE;
    for (let index = 0; index < perAddress; index += 1) put(table, one(index));
    expect(table.register(one('more')).isTaken).toBe(false);
    expect(table.register(one(5)).isTaken).toBe(true);
    put(table, one('elsewhere', '192.168.1.6'));
    for (let index = 0; index <= perAddress; index += 1) put(table, one(`l${index}`, '127.0.0.1'));
  });

  it('when full makes room for an address with fewer, and turns away who has most', () => {
    const table = new TrackerTable({ members: 4, perAddress: 10 });
    const many = [1, 2, 3].map((id) => put(table, one(id, '10.0.0.1')));
    put(table, one('b', '10.0.0.2'));
    expect(table.register(one(4, '10.0.0.1')).isTaken).toBe(false);
    expect(table.register(one('c', '10.0.0.3'))).toEqual({ isTaken: true, gone: many[2] });
    expect(table.register(one('d', '10.0.0.4')).isTaken).toBe(true);
    expect(table.register(one('e', '10.0.0.5')).isTaken).toBe(false);
    expect(table.size).toBe(4);
  });

  it('leaves who comes again at a crowded address in the place he had elsewhere', () => {
    const table = new TrackerTable({ members: 6, perAddress: 2 });
    const [first] = [1, 2].map((id) => put(table, one(id, '10.0.0.1')));
    const moving = put(table, one('moving', '10.0.0.2'));
    expect(table.register(one('moving', '10.0.0.1'))).toEqual({ isTaken: false });
    expect(table.all).toContain(moving);
    expect(table.register(one(1, '10.0.0.1'))).toEqual({ isTaken: true, gone: first });
  });

  it('when full drops nobody for one of a crowded address', () => {
    const table = new TrackerTable({ members: 6, perAddress: 1 });
    // Those of this machine have most, and would make room for him if anybody did.
    const there = ['a', 'b', 'c', 'd', 'e'].map((id) => put(table, one(id, '127.0.0.1')));
    const neighbour = put(table, one(1, '10.0.0.1'));
    expect(table.register(one(2, '10.0.0.1'))).toEqual({ isTaken: false });
    expect(table.all).toEqual([...there, neighbour]);
  });

  it('knows a base that no member of an address has any port of', () => {
    const table = new TrackerTable();
    expect(table.freeBase('192.168.1.5', 27_460)).toBe(27_460);
    put(table, one(1));
    const odd = put(table, one(2, '192.168.1.5', 27_466));
    put(table, one(3, '192.168.1.6', 27_472));
    expect(table.freeBase('192.168.1.5', 27_460)).toBe(27_472);
    expect(table.freeBase('192.168.1.6', 27_460)).toBe(27_460);
    table.leave(odd);
    expect(table.freeBase('192.168.1.5', 27_460)).toBe(27_464);
    expect(table.freeBase('192.168.1.5', 65_532)).toBe(65_532);
    put(table, one(4, '192.168.1.5', 65_530));
    expect(table.freeBase('192.168.1.5', 65_532)).toBeUndefined();
  });
});
