import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KiB, MiB } from '#src/domain/limits.js';
import { booked, pieceBytes } from '#src/domain/rates/rate-share.js';

const SECOND_NS = 1_000_000_000n;

type Moved = { readonly at: bigint; readonly who: number; readonly bytes: number };

/** Some who always have more to move, each a piece at a time, with timers that are late by up to `lateMs`. */
function run(rate: number, weights: readonly number[], seconds: number, lateMs: () => number) {
  const end = BigInt(seconds) * SECOND_NS;
  const moved: Moved[] = [];
  const next = weights.map(() => 0n);
  let bookedUntil = 0n;
  let now = 0n;
  while (now < end) {
    const who = next.reduce((first, at, one) => (at < (next[first] ?? at) ? one : first), 0);
    now = next[who] ?? 0n;
    const bytes = pieceBytes(rate, weights[who] ?? 1);
    const booking = booked(bookedUntil, bytes, rate, now);
    bookedUntil = booking.bookedUntil;
    const isSoon = booking.startAt <= now;
    const late = isSoon ? 0n : BigInt(Math.round(lateMs() * 1e6));
    const at = (isSoon ? now : booking.startAt) + late;
    moved.push({ at, who, bytes });
    next[who] = at;
  }
  return moved.filter(({ at }) => at < end);
}

function within(moved: readonly Moved[], from: bigint, to: bigint): number {
  return moved.reduce((sum, one) => sum + (one.at >= from && one.at < to ? one.bytes : 0), 0);
}

const rates = [64 * KiB, MiB, 10 * MiB, 100 * MiB];

describe('bytes that are booked one behind the other', () => {
  it.each(rates)(
    'are within 5 %% of %i a second over any five seconds, with late timers',
    (rate) => {
      const late = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), {
        minLength: 10,
        maxLength: 50,
      });
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 7 }), late, (count, lates) => {
          let turn = 0;
          const moved = run(
            rate,
            Array.from({ length: count }, () => 1),
            9,
            () => {
              turn += 1;
              return lates[turn % lates.length] ?? 0;
            },
          );
          for (let from = 0n; from <= 4n * SECOND_NS; from += SECOND_NS / 2n) {
            const bytes = within(moved, from, from + 5n * SECOND_NS);
            expect(bytes / (5 * rate)).toBeGreaterThan(0.95);
            expect(bytes / (5 * rate)).toBeLessThan(1.05);
          }
        }),
        { numRuns: 5 },
      );
    },
  );

  it.each(rates)('at %i a second are shared by weight', (rate) => {
    const weights = [4, 1, 1, 1 / 4];
    const moved = run(rate, weights, 60, () => 1);
    const all = weights.map((_, who) =>
      moved.reduce((sum, one) => sum + (one.who === who ? one.bytes : 0), 0),
    );
    const each = all.map((bytes, who) => bytes / (weights[who] ?? 1));
    expect(Math.min(...each) / Math.max(...each)).toBeGreaterThan(0.9);
  });

  it('make up for a pause of a tenth of a second and no more', () => {
    const late = booked(0n, MiB, MiB, 10n * SECOND_NS);
    expect(10n * SECOND_NS - late.startAt).toBe(SECOND_NS / 10n);
    expect(late.bookedUntil - late.startAt).toBe(SECOND_NS);
    expect(booked(20n * SECOND_NS, MiB, MiB, 10n * SECOND_NS).startAt).toBe(20n * SECOND_NS);
  });

  it('are pieces of a sixteenth of a second, of a frame at most and a quarter of a KiB at least', () => {
    expect(pieceBytes(64 * KiB, 1)).toBe(4 * KiB);
    expect(pieceBytes(100 * MiB, 1)).toBe(256 * KiB);
    expect(pieceBytes(100 * MiB, 1 / 16)).toBe(16 * KiB);
    expect(pieceBytes(8 * KiB, 1 / 16)).toBe(KiB / 4);
  });
});
