import { describe, expect, it } from 'vitest';
import { Sending } from '#src/domain/datagram/sending.js';
import { newTraffic } from '#src/domain/datagram/traffic.js';

const OPTIONS = {
  datagramLimit: 1472,
  credit: 1_000_000,
  socketBytes: 1_000_000,
  rttUs: 1000,
  word: () => 100,
  share: () => Number.POSITIVE_INFINITY,
  now: 0,
};

const DEPARTURES = { data: () => {}, ping: () => {}, fin: () => {} };

/** @returns how many packets leave at once. */
function departures(sending: Sending): number {
  let left = 0;
  for (let now = 0; now < 100_000; now += 1000) while (sending.depart(now, DEPARTURES)) left += 1;
  return left;
}

describe('what one end sends', () => {
  it('is kept up to its share of what all connections of a port may keep', () => {
    let share = 100_000;
    const sending = new Sending({ ...OPTIONS, share: () => share }, newTraffic());
    sending.stream.write(new Uint8Array(99_999));
    expect(sending.hasRoom).toBe(true);
    sending.stream.write(new Uint8Array(1));
    expect(sending.hasRoom).toBe(false);
    share = 200_000;
    expect(sending.hasRoom).toBe(true);
    // Whatever its share, no more than eight windows, or what is kept at the least.
    share = Number.POSITIVE_INFINITY;
    sending.stream.write(new Uint8Array(1024 * 1024));
    expect(sending.hasRoom).toBe(false);
  });

  it('leaves to whoever says that its socket holds nothing, too', () => {
    const sending = new Sending({ ...OPTIONS, socketBytes: 0 }, newTraffic());
    sending.stream.write(new Uint8Array(100_000));
    expect(departures(sending)).toBeGreaterThanOrEqual(8);
  });

  it('is no large packet before anything was answered', () => {
    const sending = new Sending(OPTIONS, newTraffic());
    expect(departures(sending)).toBe(0);
  });

  it('skips a number now and then, and knows by it who acknowledges what he has not seen', () => {
    const sending = new Sending(OPTIONS, newTraffic());
    sending.stream.write(new Uint8Array(900_000));
    const numbers: number[] = [];
    const data = (number: number): void => {
      numbers.push(number);
    };
    const rest = { ping: data, fin: data };
    for (let now = 0; sending.next < 102; now += 1_000_000) {
      while (sending.depart(now, { ...rest, data }));
      sending.provoke();
    }
    expect(numbers).not.toContain(101);
    const ack = { delayUs: 0, credit: 0, runs: 1, starts: [100], ends: [101] };
    expect(sending.isForged(ack)).toBe(false);
    expect(sending.isForged({ ...ack, ends: [102] })).toBe(true);
  });
});
