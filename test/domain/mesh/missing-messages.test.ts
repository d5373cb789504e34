import { describe, expect, it } from 'vitest';
import { MissingMessages } from '#src/domain/mesh/missing-messages.js';
import { idOf, messageOf } from '#test/support/mesh-contacts.js';

const made = (roundTripMs = 0) => new MissingMessages(() => roundTripMs);

describe('missing messages', () => {
  it.each([
    [0, 50, 75],
    [100, 400, 600],
    [60_000, 400, 800],
  ])(
    'with %d ms there and back are asked for at %d ms, and of the next at %d ms',
    (trip, first, next) => {
      const missing = made(trip);
      missing.add(messageOf(1), idOf(1), 1, 0);
      missing.add(messageOf(1), idOf(2), 2, 0);
      expect(missing.dueAt).toBe(first);
      expect(missing.due(first - 1)).toEqual([]);
      expect(missing.due(first)).toEqual([{ id: messageOf(1), peer: idOf(1) }]);
      expect(missing.due(next)).toEqual([{ id: messageOf(1), peer: idOf(2) }]);
    },
  );

  it('are looked for again when somebody tells of them after all were asked in vain', () => {
    const missing = made();
    missing.add(messageOf(1), idOf(1), 1, 0);
    missing.due(50);
    missing.due(75);
    expect([missing.size, missing.dueAt]).toEqual([0, Number.POSITIVE_INFINITY]);
    missing.add(messageOf(1), idOf(1), 1, 100);
    expect(missing.due(150)).toHaveLength(1);
  });

  it('name those who have them when they are found', () => {
    const missing = made();
    missing.add(messageOf(1), idOf(1), 1, 0);
    missing.add(messageOf(1), idOf(2), 1, 0);
    expect([...missing.found(messageOf(1))]).toEqual([idOf(1), idOf(2)]);
    expect([...missing.found(messageOf(1))]).toEqual([]);
  });

  it('are at most 1024 of one peer and 4096 in all', () => {
    const missing = made();
    for (let peer = 1; peer <= 6; peer += 1) {
      for (let id = 0; id < 2000; id += 1) {
        missing.add(messageOf(peer * 10_000 + id), idOf(peer), 1, 0);
      }
      expect(missing.size).toBe(Math.min(4096, peer * 1024));
    }
  });

  it('leave room for a peer again when they are found, given up, or he is gone', () => {
    const missing = made();
    const fill = (from: number) => {
      for (let id = from; id < from + 2000; id += 1) missing.add(messageOf(id), idOf(1), 1, 0);
    };
    fill(0);
    for (let id = 0; id < 24; id += 1) missing.found(messageOf(id));
    fill(10_000);
    expect(missing.size).toBe(1024);
    missing.due(50);
    missing.due(75);
    expect(missing.size).toBe(0);
    fill(20_000);
    missing.forgetPeer(idOf(1));
    expect(missing.size).toBe(0);
    fill(30_000);
    expect(missing.size).toBe(1024);
  });

  it('that others have too stay when one who told of them goes', () => {
    const missing = made();
    missing.add(messageOf(1), idOf(1), 1, 0);
    missing.add(messageOf(1), idOf(2), 1, 0);
    missing.forgetPeer(idOf(1));
    expect(missing.due(50)).toEqual([{ id: messageOf(1), peer: idOf(2) }]);
  });
});
