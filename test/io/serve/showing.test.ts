import { describe, expect, it } from 'vitest';
import type { Ranges } from '#src/domain/content/chunk-set.js';
import type { ContentId } from '#src/domain/ids.js';
import { type Follower, Showing } from '#src/io/serve/showing.js';

const CHUNKS = 64;

function idOf(number: number): ContentId {
  return number.toString(16).padStart(64, '0') as ContentId;
}

/** A follower that there must be, and what it was shown after the first. */
function follow(showing: Showing, id = idOf(1), holds: Ranges = []) {
  const shown: Ranges[] = [];
  const follower = showing.follow(id, CHUNKS, holds, (ranges) => shown.push(ranges));
  if (follower === undefined) throw new Error('it is shown all');
  return { ...follower, shown };
}

function firstOf({ first }: Pick<Follower, 'first'>): number {
  return first[0] ?? -1;
}

describe('showing contents chunk by chunk', () => {
  it('shows more to who asks, and lets nobody ask for more than that', () => {
    const showing = new Showing(() => 0);
    const [one, other] = [follow(showing), follow(showing)];
    expect(one.asks(firstOf(other))).toBe(false);
    expect(one.shown).toEqual([]);
    expect(one.asks(firstOf(one))).toBe(true);
    expect(one.shown).toHaveLength(1);
  });

  it('tells those who wait as time passes', () => {
    let now = 0;
    const showing = new Showing(() => now);
    const one = follow(showing);
    now = 250;
    showing.tick();
    expect(one.shown).toEqual([[0, CHUNKS]]);
  });

  it('ends the session of one that says it holds what there is not, or the same twice', () => {
    const showing = new Showing(() => 0);
    const one = follow(showing, idOf(1), [0, 60]);
    one.holds([60, 2]);
    expect(() => one.holds([CHUNKS, 1])).toThrow('there are not');
    expect(() => one.holds([0, 3])).toThrow('twice');
    expect(() => follow(showing, idOf(1), [60, 5])).toThrow('there are not');
  });

  it('begins anew once nobody follows', () => {
    const showing = new Showing(() => 0);
    const [one, other] = [follow(showing), follow(showing)];
    for (let asked = 0; asked < CHUNKS; asked += 1) {
      one.asks([...one.first, ...one.shown.flat()].filter((_, at) => at % 2 === 0)[asked] ?? -1);
    }
    one.end();
    other.end();
    expect(follow(showing).first).not.toEqual([]);
  });

  it('shows contents beyond the sixteenth at a time whole, and small ones', () => {
    const showing = new Showing(() => 0);
    const followers = Array.from({ length: 16 }, (_, at) => follow(showing, idOf(at)));
    expect(showing.follow(idOf(99), CHUNKS, [], () => undefined)).toBeUndefined();
    followers[0]?.end();
    expect(showing.follow(idOf(99), CHUNKS, [], () => undefined)).toBeDefined();
    expect(new Showing().follow(idOf(1), 4, [], () => undefined)).toBeUndefined();
  });
});
