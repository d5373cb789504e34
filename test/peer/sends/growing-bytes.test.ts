import { describe, expect, it } from 'vitest';
import { GrowingBytes } from '#src/peer/sends/growing-bytes.js';

describe('bytes that grow', () => {
  it('are unknown until they were heard of', () => {
    expect(new GrowingBytes().bytes).toBeUndefined();
  });

  it('have the rate of what was gained since it was reckoned last, and none when they grow no more', () => {
    const held = new GrowingBytes();
    expect(held.be(1000, 0)).toBe(true);
    expect(held.be(1500, 500)).toBe(false);
    expect(held.be(3000, 2000)).toBe(true);
    expect(held.bytes).toBe(3000);
    expect(held.perSecond(2000)).toBe(1000);
    expect(held.isGrowing(6900)).toBe(true);
    expect([held.isGrowing(7000), held.perSecond(7000)]).toEqual([false, 0]);
  });

  it('that had stood still grow by what they gained since they were told last, not since they stopped', () => {
    const left = new GrowingBytes();
    left.add(1000, 0);
    left.add(3000, 60_000);
    expect(left.perSecond(60_000)).toBe(3000);
  });

  it('may become fewer, which is no rate below nothing', () => {
    const held = new GrowingBytes();
    held.be(1000, 0);
    held.be(10, 1000);
    expect([held.bytes, held.perSecond(1000)]).toEqual([10, 0]);
  });
});
