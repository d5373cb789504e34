import { describe, expect, it } from 'vitest';
import type { Departures } from '#src/domain/datagram/departures.js';
import { Receiving } from '#src/domain/datagram/receiving.js';
import { newTraffic } from '#src/domain/datagram/traffic.js';

const WINDOW = 1000;
/** One alone is acknowledged by then. */
const DELAY_US = 1000;
const BUDGET = 10_000;
const IMPOSSIBLE = 1_000_000;

type Said =
  | { readonly credit: number; readonly newest: number; readonly delayUs: number }
  | { readonly damaged: readonly number[] };

function scene() {
  const traffic = newTraffic();
  const delivered: number[] = [];
  const budget = { left: BUDGET };
  const receiving = new Receiving({ window: WINDOW, budget }, traffic, (bytes) =>
    delivered.push(...bytes),
  );
  /** @returns what leaves at that time. */
  const said = (now: number): readonly Said[] => {
    const all: Said[] = [];
    const none = () => {};
    const departures: Departures = {
      data: none,
      ping: none,
      fin: none,
      question: none,
      answer: none,
      reset: none,
      damaged: (numbers) => all.push({ damaged: numbers }),
      acknowledgement: (received, delayUs, credit) =>
        all.push({ credit, newest: received.endOf(received.runs - 1) - 1, delayUs }),
    };
    while (receiving.depart(now, departures));
    return all;
  };
  return { receiving, traffic, delivered, budget, said };
}

describe('what one end receives', () => {
  it('is handed on in order, and acknowledged a moment later with the room there is', () => {
    const { receiving, traffic, delivered, said } = scene();
    expect(receiving.data(0, 0, Uint8Array.of(1, 2))).toBe(true);
    expect(receiving.isNewest(0)).toBe(true);
    receiving.arrived(0, 0);
    expect(receiving.isNewest(0)).toBe(false);
    expect(delivered).toEqual([1, 2]);
    expect(traffic.bytesIn).toBe(2);
    expect(said(DELAY_US - 1)).toEqual([]);
    expect(receiving.dueAt).toBe(DELAY_US);
    expect(said(DELAY_US)).toEqual([{ credit: WINDOW, newest: 0, delayUs: DELAY_US }]);
    expect(receiving.dueAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not taken where there is no room for it, or where its number cannot be, and then nothing is said', () => {
    const { receiving, traffic, delivered, said } = scene();
    expect(receiving.data(0, WINDOW, Uint8Array.of(1))).toBe(false);
    expect(receiving.data(IMPOSSIBLE, 0, Uint8Array.of(1))).toBe(false);
    expect(receiving.fin(IMPOSSIBLE, 0)).toBe(false);
    expect(receiving.fin(0, WINDOW + 1)).toBe(false);
    expect(receiving.ping(IMPOSSIBLE)).toBe(false);
    receiving.damaged(IMPOSSIBLE);
    expect(delivered).toEqual([]);
    expect(traffic.bytesIn).toBe(0);
    expect(receiving.isEnded).toBe(false);
    expect(said(10 * DELAY_US)).toEqual([]);
  });

  it('is told at once when it came damaged, before anything is acknowledged', () => {
    const { receiving, traffic, said } = scene();
    expect(receiving.ping(0)).toBe(true);
    receiving.arrived(0, 0);
    receiving.damaged(0);
    receiving.damaged(1);
    receiving.damaged(2);
    expect(receiving.dueAt).toBe(0);
    expect(said(0)).toEqual([{ damaged: [1, 2] }, { credit: WINDOW, newest: 0, delayUs: 0 }]);
    expect(traffic.refusalsOut).toBe(1);
  });

  it('is acknowledged at once where it asks for that: with its last byte, and by a PING', () => {
    const { receiving, said } = scene();
    expect(receiving.fin(0, 0)).toBe(true);
    receiving.arrived(0, 0);
    expect(receiving.isEnded).toBe(true);
    expect(said(0)).toHaveLength(1);
    receiving.ping(1);
    receiving.arrived(1, 0);
    expect(said(0)).toHaveLength(1);
  });

  it('is counted when it comes again, and acknowledged again', () => {
    const { receiving, traffic, said } = scene();
    for (let copy = 0; copy < 2; copy += 1) {
      expect(receiving.ping(0)).toBe(true);
      receiving.arrived(0, 0);
      expect(said(0)).toHaveLength(1);
    }
    expect(traffic.duplicates).toBe(1);
  });

  it('makes room as it is read: the other end hears of it once that is a quarter of the window', () => {
    const { receiving, said } = scene();
    receiving.data(0, 0, new Uint8Array(WINDOW));
    receiving.arrived(0, 0);
    said(DELAY_US);
    receiving.consumed(WINDOW / 4 - 1);
    expect(said(DELAY_US)).toEqual([]);
    receiving.consumed(1);
    expect(said(DELAY_US)).toMatchObject([{ credit: WINDOW + WINDOW / 4 }]);
  });

  it('takes nothing of what all may hold once it is released', () => {
    const { receiving, budget } = scene();
    receiving.data(0, 100, new Uint8Array(10));
    receiving.arrived(0, 0);
    expect(receiving.kept.ahead).toBeGreaterThan(10);
    expect(receiving.kept.runs).toBe(1);
    expect(budget.left).toBe(BUDGET - receiving.kept.ahead);
    receiving.release();
    expect(receiving.kept.ahead).toBe(0);
    expect(budget.left).toBe(BUDGET);
  });
});
