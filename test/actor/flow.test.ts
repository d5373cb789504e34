import { anything, assert, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countTaken,
  createCounters,
  createMeter,
  estimateBytes,
  noteLate,
  takeLate,
} from '#src/actor/flow.js';

describe('the bound on messages in flight', () => {
  it('lets any number pass as long as the reader keeps up', () => {
    const counters = createCounters();
    const measured = createMeter(counters, 'out', { messages: 2, bytes: 1000 });
    for (let count = 0; count < 10_000; count += 1) countTaken(counters, 'out', measured('hello'));
  });

  it.each([
    ['messages', { messages: 3, bytes: 1000 }],
    ['bytes', { messages: 1000, bytes: 3 * estimateBytes('hello') }],
  ])('fails at the first one too many in %s', (_what, bound) => {
    const measured = createMeter(createCounters(), 'in', bound);
    for (let count = 0; count < 3; count += 1) measured('hello');
    expect(() => measured('hello')).toThrow('wait because the actor does not take them');
  });

  it('still counts right when the counters wrap', () => {
    const counters = createCounters();
    const measured = createMeter(counters, 'in', { messages: 2, bytes: 2 ** 31 - 1 });
    const large = new Uint8Array(2 ** 20);
    for (let count = 0; count < 5000; count += 1) countTaken(counters, 'in', measured(large));
    measured(large);
    measured(large);
    expect(() => measured(large)).toThrow('3 messages (3145752 bytes) wait');
  });
});

describe('the estimate of what a message costs', () => {
  it('counts text, bytes and lists wherever they lie in a message', () => {
    const message = {
      type: 'rows',
      rows: [{ name: 'x'.repeat(1000) }, { data: new Uint8Array(500) }],
    };
    expect(estimateBytes(message)).toBeGreaterThanOrEqual(2500);
    expect(estimateBytes([1, 2, 3])).toBe(32);
  });

  it('counts no memory that is shared: it is not copied', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(5000));
    expect(estimateBytes({ type: 'bytes', shared })).toBeLessThan(100);
    expect(estimateBytes({ type: 'bytes', copied: new Uint8Array(5000) })).toBeGreaterThan(5000);
  });

  it('is never less than eight bytes, and ends on whatever it is given', () => {
    assert(property(anything(), (value) => estimateBytes(value) >= 8));
  });
});

it('how late a heartbeat was is told at its worst, once', () => {
  const counters = createCounters();
  for (const lateMs of [3, 40, -1, 7]) noteLate(counters, lateMs);
  expect([takeLate(counters), takeLate(counters)]).toEqual([40, 0]);
});
