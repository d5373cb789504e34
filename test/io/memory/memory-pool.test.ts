import { describe, expect, it } from 'vitest';
import { MemoryPool } from '#src/io/memory/memory-pool.js';

describe('a memory pool', () => {
  it('hands out as many pieces as it may and uses them again', async () => {
    const pool = new MemoryPool(10, 2);
    const first = await pool.take();
    expect(first).toHaveLength(10);
    await pool.take();
    expect(pool.takeNow()).toBeUndefined();
    expect(pool.available).toBe(0);
    pool.giveBack(first);
    expect(pool.takeNow()).toBe(first);
  });

  it('serves who waits in the order they came', async () => {
    const pool = new MemoryPool(1, 1);
    const piece = await pool.take();
    const got: string[] = [];
    const waiting = ['a', 'b'].map((name) =>
      pool.take().then((mine) => {
        got.push(name);
        pool.giveBack(mine);
      }),
    );
    pool.giveBack(piece);
    await Promise.all(waiting);
    expect(got).toEqual(['a', 'b']);
    expect(pool.available).toBe(1);
  });

  it('lends beyond its bound where it must, and is back within it afterwards', () => {
    const pool = new MemoryPool(1, 1);
    const pieces = [pool.takeBeyond(), pool.takeBeyond(), pool.takeBeyond()];
    expect(pool.available).toBe(-2);
    for (const piece of pieces) pool.giveBack(piece);
    expect(pool.available).toBe(1);
    expect(pool.takeNow()).toBeDefined();
    expect(pool.takeNow()).toBeUndefined();
  });
});
