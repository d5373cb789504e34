import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beyond, type Place, Reception } from '#src/domain/mesh/reception.js';
import { idOf } from '#test/support/mesh-contacts.js';

const AUTHOR = idOf(1);
const place = (sequence: number, epoch = 1, author = AUTHOR): Place => ({
  author,
  epoch,
  sequence,
});

function withAll(...places: readonly Place[]): Reception {
  const reception = new Reception();
  for (const each of places) reception.accept(each, 1);
  return reception;
}

describe('reception', () => {
  it('accepts each message once, in whatever order they come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 100 }), (sequences) => {
        const reception = new Reception();
        const before = new Set<number>();
        for (const sequence of sequences) {
          expect(reception.accept(place(sequence), 1)).toBe(!before.has(sequence));
          before.add(sequence);
          expect(reception.has(place(sequence))).toBe(true);
        }
      }),
    );
  });

  it('accepts nothing of a restarted author that is only played again', () => {
    const old = [place(1), place(2), place(3)];
    const reception = withAll(...old, place(1, 2));
    expect(old.map((each) => reception.accept(each, 1))).toEqual([false, false, false]);
    expect(reception.accept(place(1, 2), 1)).toBe(false);
    expect(reception.accept(place(2, 2), 1)).toBe(true);
  });

  it('accepts nothing of an epoch that three later ones pushed out', () => {
    const reception = withAll(place(1, 1), place(1, 2), place(1, 3), place(1, 4));
    expect(reception.accept(place(1, 1), 1)).toBe(false);
    expect(reception.accept(place(9, 1), 1)).toBe(false);
    expect(reception.rows.map(({ epoch }) => epoch)).toEqual([2, 3, 4]);
  });

  it('gives up the oldest gaps of an author beyond 64', () => {
    const reception = new Reception();
    for (let sequence = 2; sequence <= 1000; sequence += 2) reception.accept(place(sequence), 1);
    expect(reception.rows[0]?.runs.length).toBeLessThanOrEqual(64);
    expect(reception.accept(place(3), 1)).toBe(false);
    expect(reception.accept(place(999), 1)).toBe(true);
  });

  it('knows the 1024 authors who spoke last, in whatever order it heard them', () => {
    const times = Array.from({ length: 3000 }, (_, at) => 1 + ((at * 7919) % 3000));
    const reception = new Reception();
    for (const at of times) reception.accept(place(1, 1, idOf(at)), at);
    expect(reception.rows).toHaveLength(1024);
    expect(reception.has(place(1, 1, idOf(3000)))).toBe(true);
    expect(reception.horizon).toBe(3000 - 1024);
  });

  it('accepts nothing again of 3,000 authors, of whom it has forgotten most, but what they say next', () => {
    const reception = new Reception();
    for (let at = 1; at <= 3000; at += 1) reception.accept(place(1, 1, idOf(at)), at);
    const next = new Reception(reception.horizon);
    for (const row of reception.rows) next.acceptRow(row);
    for (const each of [reception, next]) {
      for (let at = 1; at <= 3000; at += 1) {
        expect(each.accept(place(1, 1, idOf(at)), at)).toBe(false);
      }
      expect(each.accept(place(2, 1, idOf(1)), 3001)).toBe(true);
    }
  });

  it('hears a newcomer whose clock is behind, though 1,100 authors were invented, and nothing old', () => {
    const reception = new Reception();
    const now = 1_000_000;
    const [known, newcomer] = [idOf(5000), idOf(5001)];
    reception.accept(place(1, 1, known), now - 20_000);
    for (let at = 1; at <= 1100; at += 1) reception.accept(place(1, 1, idOf(at)), now);
    expect(reception.has(place(1, 1, known))).toBe(false);
    for (const isAccepted of [true, false]) {
      expect(reception.isNew(place(1, 1, newcomer), now - 10_000)).toBe(isAccepted);
      expect(reception.accept(place(1, 1, newcomer), now - 10_000)).toBe(isAccepted);
    }
    expect(reception.accept(place(1, 1, known), now - 20_000)).toBe(false);
    // What he says next is heard, and brings back nothing of what he said before.
    expect(reception.accept(place(2, 1, known), now + 1)).toBe(true);
    expect(reception.isNew(place(1, 1, known), now - 20_000)).toBe(false);
    expect(reception.accept(place(1, 1, known), now - 20_000)).toBe(false);
  });

  it('knows until when those spoke whom it does not even remember as forgotten', () => {
    const reception = new Reception();
    for (let at = 1; at <= 18_000; at += 1) reception.accept(place(1, 1, idOf(at)), at);
    expect(reception.accept(place(1, 1, idOf(1)), 1)).toBe(false);
    expect(reception.accept(place(1, 1, idOf(20_000)), 18_000 - 1024 - 16_384)).toBe(false);
    expect(reception.accept(place(1, 1, idOf(20_000)), 18_000)).toBe(true);
  });

  it('tells exactly what another one lacks', () => {
    const sequences = fc.uniqueArray(fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(sequences, sequences, (ours, theirs) => {
        const here = withAll(...ours.map((each) => place(each)));
        const there = withAll(...theirs.map((each) => place(each)));
        const lacking = beyond(here.rows, there.rows)
          .flatMap(({ runs }) => runs)
          .flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
        const expected = ours.filter((each) => !theirs.includes(each)).toSorted((a, b) => a - b);
        expect(lacking).toEqual(expected);
      }),
    );
  });
});
