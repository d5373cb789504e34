import { array, assert, integer, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRESH, isHanging, TICK_MS, watched } from '#src/supervision/heartbeat.js';

/** @returns at which tick, from 1, the watch first says that the actor hangs. */
function hangsAt(ticks: readonly { readonly beats: number; readonly sinceMs?: number }[]): number {
  let watch = FRESH;
  const seen = ticks.map(({ beats, sinceMs = TICK_MS }) => {
    watch = watched(watch, beats, sinceMs);
    return isHanging(watch);
  });
  return seen.indexOf(true) + 1;
}
const still = (count: number) => Array.from({ length: count }, () => ({ beats: 5 }));

describe('the heartbeat watch', () => {
  it('calls an actor hanging after seven ticks without a beat', () => {
    expect(hangsAt(still(7))).toBe(0);
    expect(hangsAt(still(8))).toBe(8);
  });

  it('expects nothing before the first beat', () => {
    expect(hangsAt(Array.from({ length: 100 }, () => ({ beats: 0 })))).toBe(0);
  });

  it('starts counting again after the process was suspended', () => {
    expect(hangsAt([...still(7), { beats: 5, sinceMs: 60_000 }, ...still(6)])).toBe(0);
    expect(hangsAt([...still(7), { beats: 5, sinceMs: 60_000 }, ...still(7)])).toBe(15);
  });

  it('never accuses an actor that beats at least once in seven ticks', () => {
    assert(
      property(array(integer({ min: 1, max: 7 })), (gaps) => {
        const ticks = gaps.flatMap((gap, at) =>
          Array.from({ length: gap }, () => ({ beats: at + 1 })),
        );
        expect(hangsAt(ticks)).toBe(0);
      }),
    );
  });

  it('never accuses anybody while the process sleeps more than it ticks', () => {
    assert(
      property(array(nat(60_000)), (gaps) => {
        expect(hangsAt(gaps.map((gap) => ({ beats: 5, sinceMs: gap + 2001 })))).toBe(0);
      }),
    );
  });
});
