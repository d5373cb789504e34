import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from '#src/domain/range-set.js';

const MOST = 60;

type Change = { readonly kind: 'add' | 'remove'; readonly start: number; readonly end: number };

const change: fc.Arbitrary<Change> = fc
  .record({
    kind: fc.constantFrom('add' as const, 'remove' as const),
    start: fc.nat(MOST),
    length: fc.nat(12),
  })
  .map(({ kind, start, length }) => ({ kind, start, end: start + length }));

function runsOf(set: RangeSet): [number, number][] {
  return Array.from({ length: set.runs }, (_, run) => [set.startOf(run), set.endOf(run)]);
}

/** The same as a plain set of numbers. */
function applied(changes: readonly Change[]): { ours: RangeSet; plain: Set<number> } {
  const ours = new RangeSet();
  const plain = new Set<number>();
  for (const { kind, start, end } of changes) {
    let changed = 0;
    for (let number = start; number < end; number += 1) {
      if (plain.has(number) === (kind === 'add')) continue;
      changed += 1;
      if (kind === 'add') plain.add(number);
      else plain.delete(number);
    }
    expect(kind === 'add' ? ours.add(start, end) : ours.remove(start, end)).toBe(changed);
  }
  return { ours, plain };
}

describe('a set of ranges', () => {
  it('holds what was added and not removed, in runs that are ascending and apart', () => {
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const { ours, plain } = applied(changes);
        expect(ours.size).toBe(plain.size);
        for (let number = 0; number < MOST + 20; number += 1) {
          expect(ours.has(number)).toBe(plain.has(number));
        }
        let before = -1;
        for (const [start, end] of runsOf(ours)) {
          expect(start).toBeGreaterThan(before);
          expect(end).toBeGreaterThan(start);
          before = end;
        }
      }),
    );
  });

  it('tells what of a range is missing, in order', () => {
    fc.assert(
      fc.property(fc.array(change), fc.nat(MOST), fc.nat(20), (changes, start, length) => {
        const { ours, plain } = applied(changes);
        const missing: number[] = [];
        ours.forEachMissing(start, start + length, (from, to) => {
          for (let number = from; number < to; number += 1) missing.push(number);
        });
        const expected = Array.from({ length }, (_, at) => start + at).filter(
          (number) => !plain.has(number),
        );
        expect(missing).toEqual(expected);
      }),
    );
  });

  it('forgets what is below a number', () => {
    const set = new RangeSet();
    set.add(0, 10);
    set.add(20, 30);
    set.removeBelow(25);
    expect(runsOf(set)).toEqual([[25, 30]]);
  });
});
