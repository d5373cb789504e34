import { describe, expect, it } from 'vitest';
import { connectionsWithin, handleLimit, requireHandles } from '#src/io/net/handle-limit.js';

describe('the handles of a process', () => {
  it('are shared among the listeners, but for those that a peer needs itself', () => {
    expect(connectionsWithin(1024)).toBe(228);
    expect(connectionsWithin(128)).toBe(4);
    expect(connectionsWithin(64)).toBe(4);
    expect(connectionsWithin(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  it('must be enough for a peer, or it says so', () => {
    expect(() => requireHandles(128)).not.toThrow();
    expect(() => requireHandles(127)).toThrow(/may have 127 .* needs 128: raise .*ulimit -n/);
  });

  it('are known, where the system tells', () => {
    expect(handleLimit()).toBeGreaterThan(0);
  });
});
