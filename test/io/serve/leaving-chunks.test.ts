import { describe, expect, it } from 'vitest';
import { MiB } from '#src/domain/limits.js';
import { LeavingChunks } from '#src/io/serve/leaving-chunks.js';

describe('chunks that leave', () => {
  it('have twenty seconds while nobody waits for their memory, and five standing still while somebody does', () => {
    const chunks = new LeavingChunks();
    chunks.begin(1000);
    expect(chunks.tick(20_000, false)).toBe(false);
    expect(chunks.tick(0, true)).toBe(true);
  });

  it('may be slow while others wait, as long as something leaves', () => {
    const chunks = new LeavingChunks();
    chunks.begin(1000);
    for (let second = 0; second < 16; second += 4) {
      expect(chunks.tick(4000, true)).toBe(false);
      chunks.moved();
    }
  });

  it('have their twenty seconds anew whenever a part has left, for a slow line takes minutes', () => {
    const chunks = new LeavingChunks();
    chunks.begin(4 * MiB);
    for (let part = 0; part < 4; part += 1) {
      expect(chunks.tick(20_000, false)).toBe(false);
      chunks.moved();
    }
    expect(chunks.tick(21_000, false)).toBe(true);
  });
});
