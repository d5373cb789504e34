import { describe, expect, it } from 'vitest';
import { KiB, MiB } from '#src/domain/limits.js';
import { randomFrom } from '#test/support/random.js';
import { type ReceiverPlan, runSwarm, type SwarmPlan } from '#test/support/swarm-simulation.js';

const CHUNKS = 256;
const BYTES = 64 * MiB;
/** Links of 100 Mbit/s. */
const BYTES_PER_MS = 12_500;
const BOUND_MS = BYTES / BYTES_PER_MS;

function swarm(receivers: readonly ReceiverPlan[], seed = 1, more: Partial<SwarmPlan> = {}) {
  return runSwarm({
    chunks: CHUNKS,
    chunkBytes: 256 * KiB,
    bytesPerMs: BYTES_PER_MS,
    receivers,
    random: randomFrom(seed),
    ...more,
  });
}

const honest: ReceiverPlan = {};
const SEVEN: readonly ReceiverPlan[] = Array.from({ length: 7 }, () => honest);

function lastOf(doneAt: readonly (number | undefined)[]): number {
  return Math.max(...doneAt.map((at) => at ?? Number.POSITIVE_INFINITY));
}

const SEEDS = [1, 2, 3, 4, 5];

describe('a swarm in virtual time', () => {
  it.each(SEEDS)(
    'takes next to no longer for seven than for one, and one copy (seed %i)',
    (seed) => {
      const { doneAt, copies } = swarm(SEVEN, seed);
      expect(lastOf(doneAt)).toBeLessThanOrEqual(1.2 * BOUND_MS);
      expect(copies).toBeLessThanOrEqual(1.1);
    },
  );

  it.each([1, 2, 3])('is as fast for %i, and the owner sends each chunk once', (count) => {
    const { doneAt, copies } = swarm(SEVEN.slice(0, count));
    expect(lastOf(doneAt)).toBeLessThanOrEqual(1.1 * BOUND_MS);
    expect(copies).toBeLessThanOrEqual(1.01);
  });

  it.each([
    ['nothing', []],
    ['everything', [0, CHUNKS]],
    ['every second chunk', Array.from({ length: CHUNKS / 2 }, (_, at) => [2 * at, 1]).flat()],
  ])('is not held up by one that passes nothing on and says it holds %s', (_, claims) => {
    const { doneAt, copies } = swarm([...SEVEN.slice(1), { hoards: { claims } }]);
    expect(lastOf(doneAt)).toBeLessThanOrEqual(1.25 * BOUND_MS);
    expect(copies).toBeLessThanOrEqual(1.3);
  });

  it.each([
    ['nothing', []],
    ['everything', [0, CHUNKS]],
  ])('makes up for three of seven who pass nothing on and say they hold %s', (_, claims) => {
    const hoarder = { hoards: { claims } };
    const { doneAt, copies } = swarm([...SEVEN.slice(3), hoarder, hoarder, hoarder]);
    expect(lastOf(doneAt)).toBeLessThanOrEqual(2 * BOUND_MS);
    expect(copies).toBeLessThanOrEqual(2);
  });

  it('makes up for one that leaves halfway', () => {
    const { doneAt, copies } = swarm([...SEVEN.slice(1), { leavesAt: BOUND_MS / 2 }]);
    expect(lastOf(doneAt.slice(0, -1))).toBeLessThanOrEqual(1.25 * BOUND_MS);
    expect(copies).toBeLessThanOrEqual(1.2);
  });

  it('has one that comes halfway from those who are there', () => {
    const { doneAt, copies } = swarm([...SEVEN.slice(1), { joinsAt: BOUND_MS / 2 }]);
    expect(lastOf(doneAt)).toBeLessThanOrEqual(1.6 * BOUND_MS);
    expect(copies).toBeLessThanOrEqual(1.2);
  });

  it('is a swarm over small links too, where a chunk takes seconds', () => {
    const slow = { chunks: 64, bytesPerMs: 125 };
    const boundMs = (64 * 256 * KiB) / slow.bytesPerMs;
    const { doneAt, copies } = swarm(SEVEN, 1, slow);
    expect(lastOf(doneAt)).toBeLessThanOrEqual(1.6 * boundMs);
    expect(copies).toBeLessThanOrEqual(1.6);
  });
});
