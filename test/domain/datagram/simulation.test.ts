import { describe, expect, it } from 'vitest';
import { DatagramNetwork, type End, newWay, type Way } from '#test/support/datagram-simulation.js';
import { randomFrom } from '#test/support/random.js';
import { rounds } from '#test/support/rounds.js';

const SECOND = 1_000_000;
/** After any fault whoever waits has an answer by then: the longest silence, and the tries around it. */
const BOUND = 60 * SECOND;
/** Bytes a microsecond: 4 KiB a round trip of 3 s, of which half is lost each way. */
const SLOWEST = 0.0005;
/** Where half of all is lost and much is damaged besides, it may end before it could go on: 97 of 100 were complete. */
const MOSTLY = 0.9;
const SEEDS = rounds({ small: 4000, full: 40_000 });
/** It computes for seconds what a slow and busy machine needs minutes for, and many rounds for longer. */
const TIMEOUT_MS = 3_600_000;

type Case = {
  readonly network: DatagramNetwork;
  readonly random: () => number;
  readonly there: Way;
  readonly back: Way;
  readonly ends: readonly [End, End];
  readonly toFar: number;
  readonly toNear: number;
};

/** Any network at all, as the seed says. */
function drawn(seed: number): Case {
  const random = randomFrom(seed);
  const network = new DatagramNetwork(random);
  const way = () =>
    newWay({
      rate: pick(random, [0.05, 1, 12.5, 125]),
      queueBytes: pick(random, [6000, 50_000, 500_000]),
      delayUs: pick(random, [50, 1000, 20_000, 150_000]),
      jitterUs: pick(random, [0, 0, 500, 20_000]),
      loss: pick(random, [0, 0, 0.01, 0.05, 0.2, 0.5]),
      doubled: pick(random, [0, 0, 0.1, 0.5]),
      flipped: pick(random, [0, 0, 0.01, 0.2]),
      truncated: pick(random, [0, 0, 0.01, 0.1]),
      mtu: pick(random, [1200, 1472, 9000, 65_507]),
    });
  const [there, back] = [way(), way()];
  const datagramLimit = pick(random, [1200, 1452, 1472, 8952, 65_507]);
  const ends = network.connect(there, back, { datagramLimit, window: pick(random, WINDOWS) });
  const size = () => Math.floor(random() * pick(random, [0, 1, 2000, 60_000]));
  // In every other case it becomes slower or faster, nearer or farther meanwhile.
  if (random() < 0.5) network.later(random() * SECOND, () => change(random, [there, back]));
  return { network, random, there, back, ends, toFar: size(), toNear: size() };
}

function change(random: () => number, ways: readonly Way[]): void {
  for (const way of ways) {
    way.rate *= pick(random, [0.2, 1, 5]);
    way.delayUs *= pick(random, [0.1, 1, 10]);
  }
}

const WINDOWS = [4096, 65_536, 8 * 1024 * 1024];

function pick<T>(random: () => number, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)] as T;
}

/** Both write, and it runs until both ends have their outcome. @returns whether they have. */
function exchange({ network, ends, toFar, toNear }: Case, until: number): boolean {
  const [near, far] = ends;
  near.write(toFar);
  far.write(toNear);
  const isDone = () => ends.every((end) => end.isDead || end.outcome !== undefined);
  network.run(until, isDone);
  return isDone();
}

/** What must hold whatever happened: every byte was checked as it was delivered, and complete means all. */
function expectHonest({ ends, toFar, toNear }: Case, seed: number): void {
  const [near, far] = ends;
  for (const [end, due] of [
    [near, toNear],
    [far, toFar],
  ] as const) {
    expect(end.received, `seed ${seed}: more than was written`).toBeLessThanOrEqual(due);
    if (end.hasFinished) expect(end.received, `seed ${seed}: an early end`).toBe(due);
    if (end.outcome?.type === 'complete') {
      expect(end.hasFinished, `seed ${seed}: complete without an end`).toBe(true);
    }
  }
}

function isComplete({ ends }: Case): boolean {
  return ends.every(({ outcome }) => outcome?.type === 'complete');
}

function forSeeds(count: number, run: (seed: number) => void): void {
  for (let seed = 1; seed <= count; seed += 1) {
    try {
      run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}

describe('a stream over a network that loses, delays, reorders, doubles and damages', {
  timeout: TIMEOUT_MS,
}, () => {
  it('arrives whole and in order at both ends, or says that it did not', () => {
    let complete = 0;
    forSeeds(SEEDS, (seed) => {
      const drawnCase = drawn(seed);
      const bytes = drawnCase.toFar + drawnCase.toNear;
      expect(
        exchange(drawnCase, BOUND + bytes / SLOWEST),
        `seed ${seed}: no end in bounded time`,
      ).toBe(true);
      expectHonest(drawnCase, seed);
      if (isComplete(drawnCase)) complete += 1;
    });
    expect(complete / SEEDS).toBeGreaterThan(0.99);
  });

  it('ends at the other end too when one dies at any packet', () => {
    forSeeds(SEEDS / 4, (seed) => {
      const drawnCase = drawn(seed);
      const { random, ends } = drawnCase;
      const dying = pick(random, ends);
      dying.diesAfter = Math.floor(random() * pick(random, [4, 40, 400]));
      const bytes = drawnCase.toFar + drawnCase.toNear;
      expect(
        exchange(drawnCase, BOUND + bytes / SLOWEST),
        `seed ${seed}: no end in bounded time`,
      ).toBe(true);
      expectHonest(drawnCase, seed);
    });
  });

  it('goes on after the network was cut, one way or both, for less than it gives up after', () => {
    let complete = 0;
    forSeeds(SEEDS / 4, (seed) => {
      const drawnCase = drawn(seed);
      const { network, random, there, back } = drawnCase;
      const cut = pick(random, [[there], [back], [there, back]]);
      const before = cut.map(({ mtu }) => mtu);
      network.later(random() * SECOND, () => {
        for (const way of cut) way.mtu = 0;
      });
      network.later((1 + random() * 8) * SECOND, () => {
        for (const [at, way] of cut.entries()) way.mtu = before[at] ?? 0;
      });
      const bytes = drawnCase.toFar + drawnCase.toNear;
      expect(
        exchange(drawnCase, BOUND + bytes / SLOWEST),
        `seed ${seed}: no end in bounded time`,
      ).toBe(true);
      expectHonest(drawnCase, seed);
      if (isComplete(drawnCase)) complete += 1;
    });
    expect(complete / (SEEDS / 4)).toBeGreaterThan(MOSTLY);
  });

  it('gives up in bounded time, and says after how many tries, when nothing comes back for good', () => {
    forSeeds(200, (seed) => {
      const drawnCase = drawn(seed);
      const { network, random, back, ends } = drawnCase;
      const [near, far] = ends;
      const before = random() * 50_000;
      const cutOnce = () => {
        if (far.received >= before) back.mtu = 0;
        else network.later(1000, cutOnce);
      };
      cutOnce();
      near.write(500_000);
      network.run(BOUND + 50_000 / SLOWEST, () => near.outcome !== undefined);
      expect(near.outcome?.type, `seed ${seed}`).toBe('gone');
      if (near.outcome?.type === 'gone') expect(near.outcome.tries).toBeGreaterThan(5);
    });
  });

  it('follows an end that moves to another address', () => {
    let complete = 0;
    forSeeds(SEEDS / 10, (seed) => {
      const drawnCase = drawn(seed);
      const { network, random, ends } = drawnCase;
      const [near] = ends;
      network.later(random() * SECOND, () => network.move(near, { host: 'elsewhere', port: 2 }));
      const bytes = drawnCase.toFar + drawnCase.toNear;
      expect(exchange(drawnCase, BOUND + bytes / SLOWEST), `seed ${seed}`).toBe(true);
      expectHonest(drawnCase, seed);
      if (isComplete(drawnCase)) complete += 1;
    });
    expect(complete / (SEEDS / 10)).toBeGreaterThan(MOSTLY);
  });
});
