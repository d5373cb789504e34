import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { FairMemory } from '#src/io/memory/fair-memory.js';
import { MemoryPool } from '#src/io/memory/memory-pool.js';

const [greedy, modest] = ['greedy' as PeerId, 'modest' as PeerId];

describe('memory shared out by peer', () => {
  it('leaves pieces for others however many times one peer asks', async () => {
    const memory = new FairMemory(new MemoryPool(8, 3), { each: 2, slow: 1 });
    let taken = 0;
    for (let time = 0; time < 16; time += 1) void memory.take(greedy, {}).then(() => (taken += 1));
    await memory.take(modest, {});
    await new Promise(setImmediate);
    expect(taken).toBe(2);
  });

  it('lets a peer have its next piece when it gives one back, after those who came before', async () => {
    const pool = new MemoryPool(8, 1);
    const memory = new FairMemory(pool, { each: 1, slow: 1 });
    const order: string[] = [];
    const piece = await memory.take(greedy, {});
    const again = memory.take(greedy, {}).then((next) => {
      order.push('greedy');
      memory.giveBack(greedy, next);
    });
    const other = memory.take(modest, {}).then((next) => {
      order.push('modest');
      memory.giveBack(modest, next);
    });
    memory.giveBack(greedy, piece);
    await Promise.all([again, other]);
    expect(order).toEqual(['modest', 'greedy']);
    expect(pool.available).toBe(1);
  });

  it('lets those who stalled while others waited share a few pieces for a minute', async () => {
    const clock = { now: 0 };
    const shares = { each: 2, slow: 1 };
    const memory = new FairMemory(new MemoryPool(8, 3), shares, () => clock.now);
    const [first, second] = ['first' as PeerId, 'second' as PeerId];
    for (const slow of [first, second]) memory.stalled(slow);
    const held = await memory.take(first, {});
    const order: string[] = [];
    const taken = memory.take(second, {}).then(() => order.push('second'));
    await memory.take(modest, {});
    await memory.take(modest, {});
    expect(memory.isScarce).toBe(false);
    memory.giveBack(first, held);
    await taken;
    clock.now = 60_000;
    void memory.take(first, {});
    await new Promise(setImmediate);
    expect(memory.isScarce).toBe(true);
  });

  it('tells whether a session holds what another one of the same peer waits for', async () => {
    const memory = new FairMemory(new MemoryPool(8, 3), { each: 1, slow: 1 });
    const [left, anew, stranger] = [{}, {}, {}];
    const piece = await memory.take(greedy, left);
    void memory.take(greedy, left);
    expect(memory.isScarceFor(greedy, left)).toBe(false);
    void memory.take(greedy, anew);
    expect(memory.isScarceFor(greedy, left)).toBe(true);
    expect(memory.isScarceFor(modest, stranger)).toBe(false);
    memory.giveBack(greedy, piece);
    await new Promise(setImmediate);
    expect(memory.isScarceFor(greedy, anew)).toBe(true);
    expect(memory.isScarceFor(greedy, left)).toBe(false);
    expect(memory.isScarce).toBe(false);
  });

  it('lets a session of a peer that holds none come before one that reads ahead', async () => {
    const memory = new FairMemory(new MemoryPool(8, 3), { each: 2, slow: 1 });
    const [first, second] = [{}, {}];
    const pieces = [await memory.take(greedy, first), await memory.take(greedy, first)];
    const order: string[] = [];
    void memory.take(greedy, first).then(() => order.push('first'));
    void memory.take(greedy, second).then(() => order.push('second'));
    for (const piece of pieces) {
      memory.giveBack(greedy, piece);
      await new Promise(setImmediate);
    }
    expect(order).toEqual(['second', 'first']);
  });

  it('lets the sessions of a peer take turns by their weights', async () => {
    const memory = new FairMemory(new MemoryPool(8, 1), { each: 1, slow: 1 });
    const taken = { high: 0, normal: 0, low: 0 };
    const holding: Uint8Array[] = [];
    const again = async (name: keyof typeof taken, session: object, weight: number) => {
      for (;;) {
        holding.push(await memory.take(greedy, session, weight));
        taken[name] += 1;
      }
    };
    void again('low', {}, 1 / 4);
    void again('normal', {}, 1);
    void again('high', {}, 4);
    for (let turn = 0; turn < 210; turn += 1) {
      await new Promise(setImmediate);
      const piece = holding.pop();
      if (piece !== undefined) memory.giveBack(greedy, piece);
    }
    expect(taken.high).toBeGreaterThan(3 * taken.normal);
    expect(taken.normal).toBeGreaterThan(3 * taken.low);
    expect(taken.low).toBeGreaterThan(5);
  });
});
