import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IncomingStream } from '#src/domain/datagram/incoming-stream.js';
import { OutgoingStream } from '#src/domain/datagram/outgoing-stream.js';
import { Reassembly } from '#src/domain/datagram/reassembly.js';
import { SendBuffer } from '#src/domain/datagram/send-buffer.js';
import { bytesFrom } from '#test/support/datagram-simulation.js';

const BYTES = 400;

/** Cuts of a stream, any way: each `[place, length]`. */
const cuts = fc.array(fc.tuple(fc.nat(BYTES - 1), fc.integer({ min: 1, max: 50 })));

describe('what is put together again', () => {
  it('is each byte once and in order, however it was cut and however often it came', () => {
    fc.assert(
      fc.property(cuts, (pieces) => {
        const got: number[] = [];
        const reassembly = new Reassembly((bytes) => got.push(...bytes));
        // At last everything once more, so that nothing is missing.
        const all = [...pieces, ...Array.from({ length: BYTES }, (_, at) => [at, 1] as const)];
        for (const [place, length] of all) {
          const end = Math.min(BYTES, place + length);
          reassembly.add(place, bytesFrom(place, end - place));
        }
        expect(got).toEqual([...bytesFrom(0, BYTES)]);
        expect(reassembly.next).toBe(BYTES);
        expect(reassembly.cost).toBe(0);
      }),
    );
  });

  it('keeps no datagram in memory for a part of it, though it be a Buffer', () => {
    const got: number[] = [];
    const reassembly = new Reassembly((bytes) => got.push(...bytes));
    reassembly.add(1, Buffer.from(bytesFrom(1, 10)));
    const datagram = Buffer.from(bytesFrom(2, 10));
    reassembly.add(2, datagram);
    // Whoever kept a view of it would see this.
    datagram.fill(0);
    reassembly.add(0, bytesFrom(0, 1));
    expect(got).toEqual([...bytesFrom(0, 12)]);
  });

  it('is what was delivered first where two pieces for one place differ: what is above has to tell', () => {
    const got: number[] = [];
    const reassembly = new Reassembly((bytes) => got.push(...bytes));
    reassembly.add(2, Uint8Array.of(2, 2));
    reassembly.add(2, Uint8Array.of(3, 3, 3));
    reassembly.add(0, Uint8Array.of(1, 1, 1));
    reassembly.add(0, Uint8Array.of(4, 4, 4, 4, 4));
    expect(got).toEqual([1, 1, 1, 2, 3]);
  });

  it('holds few gaps, and takes what closes them', () => {
    const stream = new IncomingStream(8_000_000, { left: 100_000_000 }, () => {});
    let taken = 0;
    for (let place = 1; place < 20_000; place += 2) {
      if (stream.take(place, new Uint8Array(1))) taken += 1;
    }
    expect(taken).toBe(4096);
    expect(stream.take(0, new Uint8Array(20_000))).toBe(true);
    expect(stream.cost).toBe(0);
  });

  it('holds no more of what came ahead than its budget, which others share', () => {
    const budget = { left: 1000 };
    const one = new IncomingStream(10_000, budget, () => {});
    expect(one.take(100, new Uint8Array(300))).toBe(true);
    expect(budget.left).toBeLessThan(700);
    const other = new IncomingStream(10_000, budget, () => {});
    expect(other.take(100, new Uint8Array(600))).toBe(false);
    // What comes in its turn is not held.
    expect(other.take(0, new Uint8Array(600))).toBe(true);
    one.release();
    expect(budget.left).toBe(1000);
  });

  it('takes no byte beyond what it promised, nor beyond the end', () => {
    const stream = new IncomingStream(100, { left: 10_000 }, () => {});
    expect(stream.take(0, new Uint8Array(101))).toBe(false);
    expect(stream.finish(101)).toBe(false);
    expect(stream.finish(50)).toBe(true);
    expect(stream.finish(60)).toBe(false);
    expect(stream.take(40, new Uint8Array(20))).toBe(false);
    expect(stream.take(0, new Uint8Array(50))).toBe(true);
    expect(stream.isEnded).toBe(true);
  });

  it('promises more once a part of its window was read', () => {
    const stream = new IncomingStream(100, { left: 10_000 }, () => {});
    stream.take(0, new Uint8Array(100));
    stream.consumed(20);
    expect(stream.hasNews).toBe(false);
    stream.consumed(10);
    expect(stream.hasNews).toBe(true);
    expect(stream.promise()).toBe(130);
    expect(stream.hasNews).toBe(false);
  });
});

describe('what is kept until it is acknowledged', () => {
  it('can be read again from any place, whatever pieces it was written in', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 })), cuts, (pieces, reads) => {
        const buffer = new SendBuffer();
        for (const length of pieces) buffer.write(bytesFrom(buffer.end, length));
        for (const [place, length] of reads) {
          const from = Math.max(place, buffer.start);
          const end = Math.min(buffer.end, from + length);
          if (end <= from) continue;
          const target = new Uint8Array(end - from + 3);
          buffer.copy(from, end - from, target, 3);
          expect(target.subarray(3)).toEqual(bytesFrom(from, end - from));
          buffer.releaseBelow(Math.floor((buffer.start + from) / 2));
        }
      }),
    );
  });

  it('leaves again where it was lost, and not where it arrived after all', () => {
    const stream = new OutgoingStream(1000);
    stream.write(bytesFrom(0, 100));
    const taken = () => {
      stream.take(40);
      return [stream.place, stream.length, stream.isAgain];
    };
    expect([taken(), taken(), taken()]).toEqual([
      [0, 40, false],
      [40, 40, false],
      [80, 20, false],
    ]);
    expect(stream.hasBytes).toBe(false);
    stream.acknowledged(40, 40);
    stream.lost(0, 100);
    expect(taken()).toEqual([0, 40, true]);
    stream.acknowledged(80, 20);
    expect(stream.hasBytes).toBe(false);
    stream.acknowledged(0, 40);
    expect(stream.buffer.size).toBe(0);
  });

  it('leaves within what the other end takes, and it is known when only that holds it up', () => {
    const stream = new OutgoingStream(3000);
    stream.write(bytesFrom(0, 10_000));
    stream.take(10_000);
    expect([stream.place, stream.length]).toEqual([0, 3000]);
    expect(stream.isHeldUp).toBe(true);
    stream.allow(2000);
    expect(stream.isHeldUp).toBe(true);
    stream.allow(6000);
    expect(stream.isHeldUp).toBe(false);
    stream.take(10_000);
    expect([stream.place, stream.length]).toEqual([3000, 3000]);
  });

  it('waits where the other end takes few bytes at a time: no packet leaves for each', () => {
    const stream = new OutgoingStream(0);
    stream.write(bytesFrom(0, 3000));
    let left = 0;
    for (let credit = 1; credit <= 3000; credit += 1) {
      stream.allow(credit);
      if (!stream.hasBytes) continue;
      stream.take(10_000);
      left += 1;
    }
    expect(left).toBe(3);
    expect(stream.hasBytes || stream.isHeldUp).toBe(false);
  });
});
