import { describe, expect, it } from 'vitest';
import { SaidHoldings } from '#src/domain/download/said-holdings.js';
import type { PeerId } from '#src/domain/ids.js';

const [alice, bob] = ['alice', 'bob'] as PeerId[] as [PeerId, PeerId];

describe('what a download tells its sources of what is here', () => {
  it('is told to those who want it, once, and in runs', () => {
    const said = new SaidHoldings();
    said.asked(alice);
    said.asked(bob);
    said.answered(alice, true);
    said.answered(bob, false);
    for (const index of [4, 9, 3, 5]) said.gained(index);
    expect(said.take(250)).toEqual([{ peer: alice, ranges: [3, 3, 9, 1] }]);
    expect(said.take(500)).toEqual([]);
    said.gained(6);
    expect(said.take(750)).toEqual([{ peer: alice, ranges: [6, 1] }]);
  });

  it('misses nothing that came before the first answer, which counts', () => {
    const said = new SaidHoldings();
    said.asked(alice);
    said.gained(1);
    expect(said.take(1000)).toEqual([]);
    said.answered(alice, true);
    said.answered(alice, false);
    expect(said.take(1250)).toEqual([{ peer: alice, ranges: [1, 1] }]);
  });

  it('is not told more often than four times a second', () => {
    const said = new SaidHoldings();
    said.asked(alice);
    said.answered(alice, true);
    said.gained(1);
    expect(said.take(1000)).toHaveLength(1);
    said.gained(2);
    expect(said.take(1249)).toEqual([]);
    expect(said.take(1250)).toEqual([{ peer: alice, ranges: [2, 1] }]);
  });

  it('ends with the source, and begins anew with its next connection', () => {
    const said = new SaidHoldings();
    said.asked(alice);
    said.answered(alice, true);
    said.gained(1);
    said.gone(alice);
    said.gained(2);
    said.asked(alice);
    said.answered(alice, true);
    said.gained(3);
    expect(said.take(1500)).toEqual([{ peer: alice, ranges: [3, 1] }]);
  });
});
