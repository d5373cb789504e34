import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairTurns } from '#src/domain/rates/fair-turns.js';

type Flow = { readonly weight: number; readonly piece: number; taken: number };

const flow = (weight: number, piece = 1): Flow => ({ weight, piece, taken: 0 });

/** All wait all the time. */
function serve(flows: readonly Flow[], turns: number, line = new FairTurns<Flow>()): void {
  for (let turn = 0; turn < turns; turn += 1) {
    const next = line.next(flows);
    if (next === undefined) return;
    line.took(next, next.piece, next.weight);
    next.taken += next.piece;
  }
}

describe('turns in one line', () => {
  it('go by weight, however much each takes at a time, and nobody waits for ever', () => {
    const any = fc.record({
      weight: fc.constantFrom(4, 1, 1 / 4),
      piece: fc.integer({ min: 1, max: 64 }),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 2, maxLength: 6 }), (given) => {
        const flows = given.map(({ weight, piece }) => flow(weight, piece));
        serve(flows, 20_000);
        // The bound of the algorithm: two differ by one piece of each, by its weight, at most.
        for (const one of flows) {
          for (const other of flows) {
            const apart = Math.abs(one.taken / one.weight - other.taken / other.weight);
            const most = one.piece / one.weight + other.piece / other.weight;
            expect(apart).toBeLessThanOrEqual(most + 1e-6);
          }
        }
      }),
    );
  });

  it('go to who came first among equals', () => {
    const [one, other] = [flow(1), flow(1)];
    expect(new FairTurns<Flow>().next([one, other])).toBe(one);
    expect(new FairTurns<Flow>().next([other, one])).toBe(other);
  });

  it('are not made up for to one who was away, nor held against one for whom there was nobody else', () => {
    const line = new FairTurns<Flow>();
    const [alone, back] = [flow(1), flow(1)];
    serve([alone], 1000, line);
    serve([alone, back], 100, line);
    expect([alone.taken, back.taken]).toEqual([1050, 50]);
  });

  it('are nobody’s where nobody waits', () => {
    expect(new FairTurns().next([])).toBeUndefined();
  });
});
