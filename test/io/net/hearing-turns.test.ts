import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HearingTurns } from '#src/io/net/hearing-turns.js';

describe('the turns of many who are heard', () => {
  it('are over once so many messages were heard, and begin anew with the event loop', async () => {
    const turns = new HearingTurns(10);
    turns.heard(9, 0);
    expect(turns.isOver).toBe(false);
    turns.heard(1, 0);
    expect(turns.isOver).toBe(true);
    await setImmediate();
    expect(turns.isOver).toBe(false);
  });

  it('are over sooner where messages are long, and not for bytes of chunks', () => {
    const turns = new HearingTurns(10);
    turns.heard(0, 1_000_000);
    expect(turns.isOver).toBe(false);
    turns.heard(1, 10_000);
    expect(turns.isOver).toBe(true);
  });

  it('let those who wait be heard first come first served, as many in each as it holds', async () => {
    const turns = new HearingTurns(10);
    const heard: number[] = [];
    for (const nth of [1, 2, 3, 4, 5]) {
      turns.wait(() => {
        heard.push(nth);
        turns.heard(5, 0);
      });
    }
    expect(turns.isOver).toBe(true);
    await setImmediate();
    expect(heard).toEqual([1, 2]);
    await setImmediate();
    expect(heard).toEqual([1, 2, 3, 4]);
    expect(turns.isOver).toBe(true);
    await setImmediate();
    expect(heard).toEqual([1, 2, 3, 4, 5]);
  });
});
