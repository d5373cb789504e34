import { describe, expect, it } from 'vitest';
import { Acknowledging } from '#src/domain/datagram/acknowledging.js';

describe('acknowledging', () => {
  it('waits a moment for company where packets are few, and not where they are many', () => {
    const acknowledging = new Acknowledging();
    acknowledging.arrived(0, 100);
    expect(acknowledging.dueAt).toBe(1100);
    for (let number = 1; number < 16; number += 1) acknowledging.arrived(number, 200);
    expect(acknowledging.dueAt).toBe(0);
    expect(acknowledging.acknowledge(500)).toBe(300);
    expect(acknowledging.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('tells a gap at once, and what came a second time too: its acknowledgement was lost', () => {
    const acknowledging = new Acknowledging();
    acknowledging.arrived(0, 0);
    acknowledging.acknowledge(0);
    expect(acknowledging.arrived(2, 0)).toBe(true);
    expect(acknowledging.dueAt).toBe(0);
    acknowledging.acknowledge(0);
    expect(acknowledging.arrived(2, 0)).toBe(false);
    expect(acknowledging.dueAt).toBe(0);
  });

  it('tells a damaged packet once, and not one that arrived whole before', () => {
    const acknowledging = new Acknowledging();
    acknowledging.arrived(3, 0);
    acknowledging.isDamaged(3);
    acknowledging.isDamaged(4);
    expect(acknowledging.takeDamaged()).toEqual([4]);
    expect(acknowledging.hasDamaged).toBe(false);
  });

  it('remembers a bounded number of gaps', () => {
    const acknowledging = new Acknowledging();
    for (let number = 0; number < 10_000; number += 2) acknowledging.arrived(number, 0);
    expect(acknowledging.received.runs).toBeLessThanOrEqual(256);
    expect(acknowledging.largest).toBe(9998);
    // What is older than all gaps is taken for known.
    expect(acknowledging.arrived(1, 0)).toBe(false);
  });
});
