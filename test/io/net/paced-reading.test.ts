import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { KiB, MiB } from '#src/domain/limits.js';
import { Allowance } from '#src/io/net/allowance.js';
import { PacedReading } from '#src/io/net/paced-reading.js';
import { RateCells } from '#src/io/net/rate-cells.js';

const OFF = { upload: null, download: null, peer: null, background: null };
const RECORD = 16 * KiB;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'hrtime'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Somebody who sends records as long as they are read. */
function reader(cells: RateCells, weight = 1) {
  const drawer = new Allowance(cells.memory, { direction: 'down' }).drawer('source' as PeerId);
  const pace: PacedReading = new PacedReading(drawer, () => bring());
  const read = { bytes: 0 };
  const bring = () => {
    while (!pace.isHeldBack) {
      read.bytes += RECORD;
      pace.took(RECORD);
    }
  };
  pace.weight = weight;
  return { pace, read, bring };
}

describe('reading at a limit', () => {
  it.each([64 * KiB, MiB, 100 * MiB])(
    'takes %i bytes a second, of all who send',
    async (download) => {
      const cells = new RateCells();
      cells.set({ ...OFF, download });
      const all = [reader(cells), reader(cells)];
      for (const { bring } of all) bring();
      await vi.advanceTimersByTimeAsync(2000);
      const before = all.reduce((sum, { read }) => sum + read.bytes, 0);
      await vi.advanceTimersByTimeAsync(5000);
      const bytes = all.reduce((sum, { read }) => sum + read.bytes, 0) - before;
      expect(bytes / (5 * download)).toBeGreaterThanOrEqual(0.95);
      expect(bytes / (5 * download)).toBeLessThanOrEqual(1.05);
    },
  );

  it('shares by weight, though a record is more than a turn', async () => {
    const cells = new RateCells();
    cells.set({ ...OFF, download: MiB });
    const all = [reader(cells, 4), reader(cells, 1), reader(cells, 1 / 6)];
    for (const { bring } of all) bring();
    await vi.advanceTimersByTimeAsync(60_000);
    const [high = 0, normal = 0, part = 0] = all.map(({ read }) => read.bytes);
    expect(high / normal).toBeCloseTo(4, 0);
    expect(normal / part).toBeGreaterThan(5);
    expect(normal / part).toBeLessThan(7);
  });

  it('tells how long it was held back since it was asked', async () => {
    const cells = new RateCells();
    cells.set({ ...OFF, download: 16 * KiB });
    const { pace, bring } = reader(cells);
    expect(pace.takeHeldMs()).toBe(0);
    bring();
    await vi.advanceTimersByTimeAsync(1000);
    expect(pace.takeHeldMs()).toBeGreaterThan(900);
    expect(pace.takeHeldMs()).toBe(0);
  });
});
