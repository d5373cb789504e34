import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import { isSuperSeeded, SuperSeeding } from '#src/domain/spread/super-seeding.js';
import { randomFrom } from '#test/support/random.js';

const CHUNKS = 64;
/** Chunks before a follower that it has not asked for. */
const AHEAD = 2;
const ALONE_MS = 250;
const FIRST_MS = 4000;

/** The machine, with what each was shown so far. */
function seeding(chunks = CHUNKS) {
  const machine = new SuperSeeding<string>(chunks, randomFrom(1));
  const shown = new Map<string, number[]>();
  const show = (key: string, ranges: Ranges) => {
    const set = ChunkSet.from(chunks, ranges);
    shown.set(key, [...(shown.get(key) ?? []), ...set.values()]);
    return [...set.values()];
  };
  return {
    machine,
    shown: (key: string) => shown.get(key) ?? [],
    follow: (key: string, holds: Ranges = [], now = 0) =>
      show(key, machine.follow(key, holds, now)),
    ask: (key: string, index: number, now = 0) => show(key, machine.asked(key, index, now)),
    hold: (key: string, ranges: Ranges, now = 0) => show(key, machine.holds(key, ranges, now)),
    tick(now: number) {
      for (const { to, ranges } of machine.tick(now)) show(to, ranges);
    },
  };
}

/** Asks for all that it is shown, until it is shown no more. */
function takeAll(one: ReturnType<typeof seeding>, key: string, now = 0): readonly number[] {
  const asked: number[] = [];
  for (let index = one.shown(key)[0]; index !== undefined; index = one.shown(key)[asked.length]) {
    asked.push(index);
    one.ask(key, index, now);
  }
  return asked;
}

describe('a content that is shown chunk by chunk', () => {
  it('is neither one of a few chunks nor one of very many', () => {
    expect([0, 15, 16, 65_536, 65_537].map(isSuperSeeded)).toEqual([
      false,
      false,
      true,
      true,
      false,
    ]);
  });

  it('is shown whole to one that follows alone, after a moment', () => {
    const one = seeding();
    expect(one.follow('a')).toHaveLength(AHEAD);
    one.tick(ALONE_MS - 1);
    expect(one.shown('a')).toHaveLength(AHEAD);
    one.tick(ALONE_MS);
    expect(new Set(one.shown('a')).size).toBe(CHUNKS);
    expect(one.machine.mayAsk('a', 17)).toBe(true);
  });

  it('is shown whole to the last one left', () => {
    const one = seeding();
    one.follow('a');
    one.follow('b');
    one.tick(10_000);
    expect(one.shown('a').length).toBeLessThan(CHUNKS);
    one.machine.unfollow('b', 10_000);
    one.tick(10_000 + ALONE_MS);
    expect(new Set(one.shown('a')).size).toBe(CHUNKS);
  });

  it('shows others to each of several, and one more for each that is asked for', () => {
    const one = seeding();
    for (const key of ['a', 'b', 'c']) one.follow(key);
    for (let turn = 0; turn < 10; turn += 1) {
      for (const key of ['a', 'a', 'b']) one.ask(key, one.shown(key)[turn] ?? -1);
    }
    const all = ['a', 'b', 'c'].flatMap((key) => one.shown(key));
    expect(new Set(all).size).toBe(all.length);
    expect(one.shown('c')).toHaveLength(AHEAD);
    expect(one.shown('b')).toHaveLength(AHEAD + 10);
  });

  it('gives nobody what it was not shown', () => {
    const one = seeding();
    const [first = -1] = one.follow('a');
    one.follow('b');
    expect(one.machine.mayAsk('a', first)).toBe(true);
    expect(one.machine.mayAsk('b', first)).toBe(false);
    expect(one.machine.mayAsk('c', first)).toBe(false);
  });

  it('shows nobody what it says to hold', () => {
    const one = seeding();
    one.follow('a', [0, CHUNKS - 3]);
    takeAll(one, 'a');
    expect(one.shown('a').toSorted((x, y) => x - y)).toEqual([CHUNKS - 3, CHUNKS - 2, CHUNKS - 1]);
  });

  it('shows first what nobody holds', () => {
    const one = seeding();
    one.follow('a', [0, CHUNKS / 2]);
    one.follow('b');
    const firstOfB = takeAll(one, 'b').slice(0, CHUNKS / 2 - AHEAD);
    expect(firstOfB.every((index) => index >= CHUNKS / 2)).toBe(true);
  });

  it('shows a chunk to a second one once another holds it, or too much time has passed', () => {
    const one = seeding();
    one.follow('a');
    takeAll(one, 'a');
    expect(one.follow('b', [], 1)).toEqual([]);
    one.hold('a', [5, 1], 2);
    one.tick(3);
    expect(one.shown('b')).toEqual([5]);
    one.tick(FIRST_MS - 1);
    expect(one.shown('b')).toEqual([5]);
    one.tick(FIRST_MS);
    expect(one.shown('b').length).toBeGreaterThanOrEqual(AHEAD);
  });

  it('shows again what one that left was shown and did not get, and at once', () => {
    const one = seeding();
    one.follow('a');
    const all = takeAll(one, 'a');
    one.hold('a', [0, CHUNKS / 2]);
    one.follow('b', [0, CHUNKS / 2]);
    expect(one.shown('b')).toEqual([]);
    one.machine.unfollow('a', 1);
    takeAll(one, 'b', 2);
    one.tick(3);
    takeAll(one, 'b', 4);
    expect(new Set(one.shown('b')).size).toBe(all.length / 2);
  });

  it('shows nothing again to one whom the others feed well, until they stop', () => {
    const one = seeding();
    one.follow('a');
    one.follow('b');
    takeAll(one, 'a', 1000);
    one.hold('a', [0, CHUNKS], 1000);
    takeAll(one, 'b', 1000);
    expect(one.shown('b')).toHaveLength(CHUNKS);
    one.follow('c', [], 1000);
    const first = one.shown('c');
    expect(first).toHaveLength(AHEAD);
    // Fifty from others in half a second, where nobody had more than the 64 of a second from here.
    const fed = Array.from({ length: 50 }, (_, index) => index).filter((at) => !first.includes(at));
    for (const index of fed) one.hold('c', [index, 1], 1500);
    for (const index of first) one.ask('c', index, 1500);
    one.tick(1510);
    expect(one.shown('c')).toHaveLength(AHEAD);
    one.tick(3500);
    expect(one.shown('c')).toHaveLength(2 * AHEAD);
  });

  it('shows more to one that neither asks nor gains for long', () => {
    const one = seeding();
    one.follow('a');
    one.follow('b');
    one.tick(1999);
    expect(one.shown('b')).toHaveLength(AHEAD);
    one.tick(2000);
    expect(one.shown('b')).toHaveLength(2 * AHEAD);
  });

  it('forgets nobody by the claims of others: whoever asks for what it is shown sees all', () => {
    const one = seeding();
    one.follow('liar', [0, CHUNKS]);
    one.follow('a');
    one.follow('b');
    expect(new Set(takeAll(one, 'a')).size).toBeGreaterThanOrEqual(CHUNKS - AHEAD);
  });
});

/** What followers of a content may do, in any order. */
type Deed =
  | { readonly do: 'follow'; readonly who: number; readonly holds: Ranges }
  | { readonly do: 'unfollow'; readonly who: number }
  | { readonly do: 'ask'; readonly who: number; readonly nth: number }
  | { readonly do: 'hold'; readonly who: number; readonly index: number }
  | { readonly do: 'wait'; readonly ms: number };

const who = fc.nat({ max: 4 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({
    do: fc.constant('follow' as const),
    who,
    holds: fc.constantFrom([], [0, 32], [0, 64], [10, 1, 20, 5]),
  }),
  fc.record({ do: fc.constant('unfollow' as const), who }),
  fc.record({ do: fc.constant('ask' as const), who, nth: fc.nat({ max: 63 }) }),
  fc.record({ do: fc.constant('hold' as const), who, index: fc.nat({ max: 63 }) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 500 }) }),
);

/** Carries deeds out, and keeps books of its own. */
function carriedOut(deeds: readonly Deed[]) {
  const machine = new SuperSeeding<number>(CHUNKS, randomFrom(7));
  const shown = new Map<number, number[]>();
  const holds = new Map<number, Set<number>>();
  let now = 0;
  const note = (one: number, ranges: Ranges) => {
    const fresh = [...ChunkSet.from(CHUNKS, ranges).values()];
    shown.get(one)?.push(...fresh);
    return fresh;
  };
  const act = (one: Deed) => {
    if (one.do === 'wait') {
      now += one.ms;
      for (const { to, ranges } of machine.tick(now)) note(to, ranges);
      return;
    }
    if (one.do === 'follow' && !shown.has(one.who)) {
      shown.set(one.who, []);
      holds.set(one.who, new Set(ChunkSet.from(CHUNKS, one.holds).values()));
      note(one.who, machine.follow(one.who, one.holds, now));
    }
    if (one.do === 'unfollow') {
      shown.delete(one.who);
      machine.unfollow(one.who, now);
    }
    if (!shown.has(one.who)) return;
    if (one.do === 'hold') {
      holds.get(one.who)?.add(one.index);
      note(one.who, machine.holds(one.who, [one.index, 1], now));
    }
    if (one.do === 'ask') {
      const seen = shown.get(one.who) ?? [];
      const index = seen[one.nth % Math.max(1, seen.length)];
      if (index !== undefined) note(one.who, machine.asked(one.who, index, now));
    }
  };
  for (const one of deeds) act(one);
  return { machine, shown, holds, note, now };
}

describe('whatever followers say and do', () => {
  it('each of them sees in the end all that it does not say to hold', () => {
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 200 }), (deeds) => {
        const { machine, shown, holds, note, now } = carriedOut(deeds);
        let later = now;
        // Each asks for what it is shown; half a minute is more than the 32 times they might stand still.
        for (let turn = 0; turn < 400; turn += 1) {
          later += 250;
          for (const [one, seen] of shown) {
            for (const index of seen) note(one, machine.asked(one, index, later));
          }
          for (const { to, ranges } of machine.tick(later)) note(to, ranges);
        }
        for (const [one, seen] of shown) {
          const known = new Set([...seen, ...(holds.get(one) ?? [])]);
          expect(known.size).toBe(CHUNKS);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('what is shown to one was shown to nobody while any of that is left that it lacks', () => {
    fc.assert(
      fc.property(
        fc.array(who, { maxLength: 300 }),
        fc.array(fc.nat({ max: 63 })),
        (turns, lies) => {
          const machine = new SuperSeeding<number>(CHUNKS, randomFrom(3));
          const fresh = new Set(Array.from({ length: CHUNKS }, (_, index) => index));
          const queues = new Map<number, number[]>();
          const see = (one: number, ranges: Ranges) => {
            for (const index of ChunkSet.from(CHUNKS, ranges).values()) {
              expect(fresh.delete(index) || fresh.size === 0).toBe(true);
              queues.get(one)?.push(index);
            }
          };
          // The first lies about what it holds, and takes nothing.
          const claims = new ChunkSet(CHUNKS);
          for (const index of lies) claims.add(index);
          machine.follow(-1, claims.toRanges(), 0);
          for (const one of [0, 1, 2, 3, 4]) queues.set(one, []);
          for (const one of queues.keys()) see(one, machine.follow(one, [], 0));
          for (const one of turns) {
            const index = queues.get(one)?.shift();
            if (index !== undefined) see(one, machine.asked(one, index, 1));
          }
        },
      ),
    );
  });
});
