import { describe, expect, it } from 'vitest';
import { Flight } from '#src/domain/datagram/flight.js';
import { RoundTrip } from '#src/domain/datagram/round-trip.js';

const RTT_US = 10_000;

/** @param skips the number of packets until one is left out. */
function scene(skips = 1000) {
  const told: string[] = [];
  const roundTrip = new RoundTrip();
  roundTrip.measure(RTT_US, 0);
  const flight = new Flight(roundTrip, () => skips, {
    arrived: ({ number }, wasLost) =>
      told.push(wasLost ? `${number} arrived after all` : `${number} arrived`),
    lost: ({ number }) => told.push(`${number} lost`),
  });
  const send = (packets: number, now = 0) => {
    for (let left = packets; left > 0; left -= 1) flight.add('data', 1200, now);
  };
  return { flight, told, send };
}

/** @param runs the newest first. */
function ackOf(...runs: readonly (readonly [start: number, end: number])[]) {
  const starts = runs.map(([start]) => start);
  const ends = runs.map(([, end]) => end);
  return { delayUs: 0, credit: 0, runs: runs.length, starts, ends };
}

describe('packets on their way', () => {
  it('are told of once, when they have arrived, and are on their way no more', () => {
    const { flight, told, send } = scene();
    send(3);
    expect([flight.isEmpty, flight.bytes, flight.largest]).toEqual([false, 3600, -1]);
    expect(flight.acknowledged(ackOf([2, 3], [0, 1]), RTT_US)).toBe(true);
    expect(flight.acknowledged(ackOf([2, 3], [0, 1]), RTT_US)).toBe(false);
    expect(told).toEqual(['2 arrived', '0 arrived']);
    expect([flight.isEmpty, flight.bytes, flight.largest]).toEqual([false, 1200, 2]);
    flight.acknowledged(ackOf([0, 3]), RTT_US);
    expect(told.at(-1)).toBe('1 arrived');
    expect(flight.isEmpty).toBe(true);
  });

  it('are lost where later ones arrived long since, and may arrive after all', () => {
    const { flight, told, send } = scene();
    send(2);
    flight.acknowledged(ackOf([1, 2]), RTT_US);
    expect(flight.dueAt).toBe(Number.POSITIVE_INFINITY);
    flight.findLost(RTT_US);
    expect(told).toEqual(['1 arrived']);
    flight.findLost(flight.dueAt);
    expect(told).toEqual(['1 arrived', '0 lost']);
    expect(flight.isEmpty).toBe(true);
    expect(flight.acknowledged(ackOf([0, 2]), 2 * RTT_US)).toBe(true);
    expect(told.at(-1)).toBe('0 arrived after all');
  });

  it('are waited for longer after one that was lost has arrived', () => {
    const { flight, told, send } = scene();
    send(30);
    const lostBy = (start: number, end: number) => {
      told.length = 0;
      flight.acknowledged(ackOf([start, end]), 0);
      flight.findLost(0);
      return told.filter((said) => said.endsWith('lost'));
    };
    expect(lostBy(9, 10)).toHaveLength(7);
    flight.acknowledged(ackOf([0, 1]), 0);
    // Nine later ones had arrived before it did: so many are waited for from now on.
    expect(lostBy(17, 18)).toEqual(['7 lost']);
  });

  it('are lost once where they came damaged, as the other end says', () => {
    const { flight, told, send } = scene();
    send(1);
    expect(flight.refused(0, 0)).toBe(true);
    expect(flight.refused(0, 0)).toBe(false);
    expect(flight.refused(1, 0)).toBe(false);
    expect(told).toEqual(['0 lost']);
  });

  it('are forgotten once they are settled, lost ones three round trips after they left', () => {
    const { flight, told, send } = scene();
    send(3);
    flight.refused(1, 0);
    flight.acknowledged(ackOf([2, 3], [0, 1]), 0);
    expect(flight.kept).toEqual({ packets: 3, runs: 2 });
    flight.forget(3 * RTT_US);
    expect(flight.kept).toEqual({ packets: 2, runs: 1 });
    expect(flight.sentAt(1)).toBe(0);
    flight.forget(3 * RTT_US + 1);
    expect(flight.kept).toEqual({ packets: 0, runs: 0 });
    expect(flight.sentAt(1)).toBeUndefined();
    expect(flight.acknowledged(ackOf([0, 3]), 3 * RTT_US + 1)).toBe(false);
    expect(told).toEqual(['1 lost', '2 arrived', '0 arrived']);
  });

  it('are asked for from the oldest on, those that are settled left out', () => {
    const { flight, send } = scene();
    send(5);
    flight.acknowledged(ackOf([3, 4], [0, 1]), 0);
    const numbers: number[] = [];
    flight.forOldest(2, ({ number }) => numbers.push(number));
    expect(numbers).toEqual([1, 2]);
    flight.forOldest(10, ({ number }) => numbers.push(number));
    expect(numbers).toEqual([1, 2, 1, 2, 4]);
  });

  it('leave a number out now and then, which nobody honest acknowledges', () => {
    const { flight, told, send } = scene(1);
    send(2);
    expect(flight.add('data', 1200, 0).number).toBe(3);
    expect(flight.bytes).toBe(3600);
    expect(flight.isForged(ackOf([3, 4], [0, 2]))).toBe(false);
    expect(flight.isForged(ackOf([2, 4]))).toBe(true);
    expect(flight.acknowledged(ackOf([2, 3]), 0)).toBe(false);
    expect(told).toEqual([]);
  });
});
