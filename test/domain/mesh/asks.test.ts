import { describe, expect, it } from 'vitest';
import { Asks } from '#src/domain/mesh/asks.js';
import { contactOf, idOf } from '#test/support/mesh-contacts.js';

describe('questions whether somebody wants to be a neighbour', () => {
  it('take only their own answer, and that once', () => {
    const asks = new Asks();
    asks.add(contactOf(1), 7, 'low', 0);
    expect(asks.answered(idOf(1), 6)).toBe(false);
    expect(asks.answered(idOf(2), 7)).toBe(false);
    expect(asks.answered(idOf(1), 7)).toBe(true);
    expect(asks.answered(idOf(1), 7)).toBe(false);
  });

  it('are overdue after twelve seconds', () => {
    const asks = new Asks();
    expect(asks.dueAt).toBe(Number.POSITIVE_INFINITY);
    asks.add(contactOf(1), 1, 'low', 1000);
    expect(asks.dueAt).toBe(13_000);
    expect(asks.overdue(12_999)).toEqual([]);
    expect(asks.overdue(13_000)).toEqual([contactOf(1)]);
  });

  it('are urgent for four seconds: then another one may be asked so, and the first may still answer', () => {
    const asks = new Asks();
    asks.add(contactOf(1), 1, 'low', 0);
    expect(asks.hasUrgent).toBe(false);
    asks.add(contactOf(2), 2, 'high', 0);
    expect(asks.hasUrgent).toBe(true);
    expect([asks.dueAt, asks.relax(3999), asks.relax(4000), asks.relax(4000)]).toEqual([
      4000,
      false,
      true,
      false,
    ]);
    expect([asks.hasUrgent, asks.dueAt]).toEqual([false, 12_000]);
    asks.remove(idOf(2));
    expect([...asks.peers]).toEqual([idOf(1)]);
  });
});
