import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { Outbox } from '#src/io/mesh/outbox.js';

const peer = (number: number) => `peer ${number}` as PeerId;

describe('words for peers that are being dialled', () => {
  it('wait for the link, and are gone where there is none', () => {
    const outbox = new Outbox();
    outbox.put(peer(1), { type: 'prune' });
    outbox.put(peer(2), { type: 'disconnect', isLeaving: false });
    expect(outbox.take(peer(1))).toEqual([{ type: 'prune' }]);
    expect(outbox.take(peer(1))).toEqual([]);
    expect([outbox.drop(peer(2)), outbox.drop(peer(2))]).toEqual([true, false]);
    expect(outbox.take(peer(2))).toEqual([]);
  });

  it('are few for each, and for few, the latest', () => {
    const outbox = new Outbox();
    for (let number = 0; number < 100; number += 1) {
      for (let words = 0; words < 20; words += 1) outbox.put(peer(number), { type: 'prune' });
    }
    expect(outbox.take(peer(35))).toEqual([]);
    expect(outbox.take(peer(36))).toHaveLength(8);
    expect(outbox.take(peer(99))).toHaveLength(8);
  });
});
