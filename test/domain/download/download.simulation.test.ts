import { describe, expect, it } from 'vitest';
import { KiB, MiB } from '#src/domain/limits.js';
import { type Plan, runDownload, type SourcePlan } from '#test/support/download-network.js';
import { randomFrom } from '#test/support/random.js';

/** A hundred times 64 KiB/s to 64 MiB/s. */
const SEEDS = Array.from({ length: 100 }, (_, seed) => seed);

const CHUNK_SIZES = [256 * KiB, 1 * MiB, 4 * MiB];

function someRanges(chunks: number, random: () => number): number[] {
  const ranges: number[] = [];
  for (let index = 0; index < chunks; index += 1) {
    const run = Math.min(chunks - index, 1 + Math.floor(random() * 20));
    if (random() < 0.4) ranges.push(index, run);
    index += run;
  }
  return ranges;
}

/** Sources of every kind; the first is whole, honest and stays, so that the download can always end. */
function planFrom(seed: number): Plan {
  const random = randomFrom(seed + 1);
  const chunks = 1 + Math.floor(random() * 200);
  const within = (most: number) => Math.floor(random() * most);
  const trouble = (): Partial<SourcePlan> => {
    const at = within(20_000);
    return [
      {},
      { stallsAt: at },
      { liesFrom: at },
      { leavesAt: at },
      { slows: { at, rate: 1 } },
      { refuses: someRanges(chunks, random) },
      { gains: { at, ranges: [0, chunks] } },
    ][within(7)] as Partial<SourcePlan>;
  };
  const source = (): SourcePlan => ({
    has: random() < 0.5 ? [0, chunks] : someRanges(chunks, random),
    rate: 64 * 1024 ** random(),
    delayMs: within(200),
    ...trouble(),
  });
  const honest: SourcePlan = { has: [0, chunks], rate: 2000, delayMs: 5 };
  return {
    chunks,
    chunkBytes: CHUNK_SIZES[within(3)] ?? MiB,
    slots: 3 + within(5),
    sources: [honest, ...Array.from({ length: within(7) }, source)],
    random,
  };
}

function swarm(sources: readonly SourcePlan[], more: Partial<Plan> = {}): Plan {
  return { chunks: 200, chunkBytes: MiB, slots: 7, sources, random: randomFrom(7), ...more };
}

const fast: SourcePlan = { has: [0, 200], rate: 20_000, delayMs: 2 };

describe('a download from many sources in virtual time', () => {
  it.each(SEEDS)('completes whatever the others do, and keeps every limit (seed %i)', (seed) => {
    expect(runDownload(planFrom(seed)).end).toBe('finish');
  });

  it.each([
    ['has always been slow', { ...fast, rate: 1 }],
    ['becomes slow in the middle', { ...fast, slows: { at: 1000, rate: 1 } }],
    ['becomes slow near the end', { ...fast, slows: { at: 3000, rate: 1 } }],
    ['stalls in the middle', { ...fast, stallsAt: 1000 }],
    ['stalls at once', { ...fast, stallsAt: 0 }],
    ['leaves in the middle', { ...fast, leavesAt: 1000 }],
  ])('takes at most 1.2 times as long with a source that %s as without it', (_, slow) => {
    const without = runDownload(swarm([fast, fast]));
    const among = runDownload(swarm([fast, fast, slow]));
    expect(without.end).toBe('finish');
    expect(among.end).toBe('finish');
    expect(among.ms).toBeLessThanOrEqual(1.2 * without.ms);
  });

  it('is not held up by two slow sources that have the last chunks between them', () => {
    const slow = { ...fast, slows: { at: 1000, rate: 1 } };
    const without = runDownload(swarm([fast, fast]));
    const among = runDownload(swarm([fast, fast, slow, slow]));
    expect(among.ms).toBeLessThanOrEqual(1.2 * without.ms);
  });

  it('cancels what loses the race in the end game, and wastes little', () => {
    const slow = { ...fast, slows: { at: 1000, rate: 10 } };
    const outcome = runDownload(swarm([fast, fast, slow]));
    expect(outcome.cancelled).toBeGreaterThan(0);
    expect(outcome.wasted).toBeLessThanOrEqual(2);
  });

  it('shares the work: twice the sources take little more than half the time', () => {
    const one = runDownload(swarm([fast]));
    const two = runDownload(swarm([fast, fast]));
    const four = runDownload(swarm([fast, fast, fast, fast]));
    expect(two.ms).toBeLessThan(0.6 * one.ms);
    expect(four.ms).toBeLessThan(0.35 * one.ms);
  });

  it('completes from parts that only together are whole, one of them late', () => {
    const outcome = runDownload(
      swarm([
        { ...fast, has: [0, 80] },
        { ...fast, has: [60, 80] },
        { ...fast, has: [], gains: { at: 30_000, ranges: [140, 60] } },
      ]),
    );
    expect(outcome.end).toBe('finish');
  });

  it('says that nothing came when a chunk is with nobody', () => {
    const outcome = runDownload(swarm([{ ...fast, has: [0, 199] }]));
    expect(outcome.end).toMatchObject({ type: 'fail', code: 'timed-out' });
  });

  it('says that nobody could be reached when all have left', () => {
    const outcome = runDownload(
      swarm([
        { ...fast, leavesAt: 1000 },
        { ...fast, leavesAt: 2000 },
      ]),
    );
    expect(outcome.end).toMatchObject({ type: 'fail', code: 'no-sources' });
  });
});
