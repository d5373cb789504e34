import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { KiB, MiB } from '#src/domain/limits.js';
import type { RateLimits } from '#src/domain/rates/limit-schedule.js';
import { Allowance, type AllowanceOptions, type Drawer } from '#src/io/net/allowance.js';
import { RateCells } from '#src/io/net/rate-cells.js';

const OFF: RateLimits = { upload: null, download: null, peer: null, background: null };
const UP: AllowanceOptions = { direction: 'up' };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'hrtime'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function cellsWith(limits: Partial<RateLimits>): RateCells {
  const cells = new RateCells();
  cells.set({ ...OFF, ...limits });
  return cells;
}

/** Each thread has its own. */
function allowance(cells: RateCells, options: AllowanceOptions = UP): Allowance {
  return new Allowance(cells.memory, options);
}

/** Draws again and again, a frame at a time. @returns what it has drawn so far. */
function greedy(
  drawer: Drawer,
  mostFrame = Number.POSITIVE_INFINITY,
): { bytes: number; stop: () => void } {
  const drawn = {
    bytes: 0,
    isOn: true,
    stop: () => {
      drawn.isOn = false;
    },
  };
  const draw = async () => {
    while (drawn.isOn) {
      const piece = Math.min(mostFrame, drawer.pieceBytes ?? 0);
      await drawer.draw(piece, mostFrame === Number.POSITIVE_INFINITY ? 0 : MiB);
      drawn.bytes += piece;
    }
  };
  void draw();
  return drawn;
}

async function after(ms: number, ...all: readonly ReturnType<typeof greedy>[]) {
  await vi.advanceTimersByTimeAsync(ms);
  for (const one of all) one.stop();
  const bytes = all.map((one) => one.bytes);
  await vi.advanceTimersByTimeAsync(5000);
  return bytes;
}

const alice = 'alice' as PeerId;
const bob = 'bob' as PeerId;

describe('what may move within a limit', () => {
  it.each([64 * KiB, MiB, 100 * MiB])(
    'is %i bytes a second, whichever threads draw',
    async (upload) => {
      const cells = cellsWith({ upload });
      const all = [alice, bob, alice].map((peer) => greedy(allowance(cells).drawer(peer)));
      const bytes = await after(5000, ...all);
      const ratio = bytes.reduce((sum, one) => sum + one, 0) / (5 * upload);
      expect(ratio).toBeGreaterThan(0.95);
      expect(ratio).toBeLessThan(1.05);
    },
  );

  it('is shared evenly by peers, however many sessions one has', async () => {
    const thread = allowance(cellsWith({ upload: MiB }));
    const bobs = greedy(thread.drawer(bob));
    const alices = Array.from({ length: 5 }, () => greedy(thread.drawer(alice)));
    const [bobBytes = 0, ...aliceBytes] = await after(5000, bobs, ...alices);
    const together = aliceBytes.reduce((sum, one) => sum + one, 0);
    expect(Math.min(bobBytes, together) / Math.max(bobBytes, together)).toBeGreaterThan(0.9);
  });

  it('is shared by the sessions of one peer as that says, who gets no more for it beside others', async () => {
    const thread = allowance(cellsWith({ upload: MiB }));
    const bobs = greedy(thread.drawer(bob));
    const alices = [4, 1, 1 / 4].map((precedence) => {
      const drawer = thread.drawer(alice);
      drawer.precedence = precedence;
      return greedy(drawer);
    });
    const [bobBytes = 0, high = 0, normal = 0, low = 0] = await after(20_000, bobs, ...alices);
    expect(high / normal).toBeCloseTo(4, 0);
    expect(normal / low).toBeGreaterThan(3);
    expect(normal / low).toBeLessThan(5.5);
    const together = high + normal + low;
    expect(together / bobBytes).toBeGreaterThan(0.95);
    expect(together / bobBytes).toBeLessThan(1.05);
  });

  it.each([MiB, 100 * MiB])(
    'of %i goes by the weight of what moves, to one peer and to several, in frames of any length',
    async (upload) => {
      const thread = allowance(cellsWith({ upload }));
      const weighed = (peer: PeerId, weight: number) => {
        const drawer = thread.drawer(peer);
        drawer.weight = weight;
        return greedy(drawer, 256 * KiB);
      };
      const all = [weighed(alice, 4), weighed(alice, 1 / 4), weighed(bob, 1)];
      const [high = 0, low = 0, normal = 0] = await after(20_000, ...all);
      expect(high / low).toBeGreaterThan(13);
      expect(high / low).toBeLessThan(19);
      // A turn of alice's is now long, now short.
      expect((high + low) / normal / 2.125).toBeCloseTo(1, 1);
      expect((high + low + normal) / (20 * upload)).toBeCloseTo(1, 1);
    },
  );

  it('goes to the background by a sixteenth where somebody wants it, and wholly where nobody does', async () => {
    const cells = cellsWith({ upload: 16 * MiB });
    const behind = () => greedy(allowance(cells, { ...UP, isBackground: true }).drawer(bob));
    const [front = 0, back = 0] = await after(
      5000,
      greedy(allowance(cells).drawer(alice)),
      behind(),
    );
    expect(back / front).toBeGreaterThan(0.04);
    expect(back / front).toBeLessThan(0.08);
    const [alone = 0] = await after(5000, behind());
    expect(alone / (5 * 16 * MiB)).toBeGreaterThan(0.95);
  });

  it('is bounded for a single peer, and for the background, each way by itself', async () => {
    const cells = cellsWith({ peer: MiB, background: 2 * MiB });
    const behind: AllowanceOptions = { ...UP, isBackground: true };
    const bytes = await after(
      5000,
      greedy(allowance(cells).drawer(alice)),
      greedy(allowance(cells).drawer(alice)),
      greedy(allowance(cells, { direction: 'down' }).drawer(alice)),
      greedy(allowance(cells, behind).drawer(bob)),
    );
    const [one = 0, other = 0, down = 0, back = 0] = bytes.map((count) => count / (5 * MiB));
    expect(one + other).toBeCloseTo(1, 1);
    expect(down).toBeCloseTo(1, 1);
    expect(back).toBeCloseTo(1, 1);
  });

  it('is felt within a second where it is lifted, and where it is changed', async () => {
    const cells = cellsWith({ upload: 8 * KiB });
    const drawer = allowance(cells).drawer(alice);
    await drawer.draw(100 * KiB);
    let isDone = false;
    const waiting = drawer.draw(8 * KiB).then(() => {
      isDone = true;
    });
    await vi.advanceTimersByTimeAsync(5000);
    expect([isDone, drawer.isWaiting]).toEqual([false, true]);
    cells.set(OFF);
    await vi.advanceTimersByTimeAsync(1000);
    await waiting;
    expect([isDone, drawer.isWaiting, drawer.pieceBytes]).toEqual([true, false, undefined]);
    cells.set({ ...OFF, upload: MiB });
    expect(drawer.pieceBytes).toBe(64 * KiB);
  });

  it('never waits where there is no limit, or none at all was given', async () => {
    const drawers = [allowance(cellsWith({ download: 8 * KiB })).drawer(alice)];
    drawers.push(new Allowance(undefined, UP).drawer(alice));
    for (const drawer of drawers) {
      for (let count = 0; count < 100; count += 1) await drawer.draw(MiB);
      expect(drawer.pieceBytes).toBeUndefined();
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});
