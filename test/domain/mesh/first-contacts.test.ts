import { expect, it } from 'vitest';
import { WANTED } from '#src/domain/mesh/active-view.js';
import { FirstContacts, GATHERING_MS } from '#src/domain/mesh/first-contacts.js';
import { Membership } from '#src/domain/mesh/membership.js';
import { contactOf, idOf } from '#test/support/mesh-contacts.js';
import { randomFrom } from '#test/support/random.js';

const SEEDS = 300;
const PEERS = 10;

/** @returns the loads of those whom a newcomer asks first, of ten that have 0 to 9 neighbours. */
function loadsAsked(seed: number): readonly number[] {
  const random = randomFrom(seed);
  const first = new FirstContacts(random);
  for (let load = 0; load < PEERS; load += 1) first.gather({ contact: contactOf(load), load }, 0);
  const options = { self: contactOf(99), random, isTrusted: () => false, now: 0 };
  const membership = new Membership(options);
  const effects = first
    .take()
    .flatMap((one) => membership.take({ type: 'heard', ...one }, GATHERING_MS));
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.type === 'neighbour' ? [effect.to.port] : [],
  );
}

it('a newcomer asks those with fewer neighbours first, and never the one with most', () => {
  let sum = 0;
  const asked = new Set<number>();
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const loads = loadsAsked(seed);
    expect(loads, `seed ${seed}`).toHaveLength(WANTED);
    expect(loads, `seed ${seed}`).not.toContain(PEERS - 1);
    for (const load of loads) asked.add(load);
    sum += loads.reduce((all, load) => all + load, 0);
  }
  // Chosen without regard to load they would have 4.5; always the least loaded would have 2.
  expect(sum / (SEEDS * WANTED)).toBeLessThan(3.7);
  // Not always the same: no newcomer is at the mercy of who says he has no neighbours.
  expect(asked.size).toBe(PEERS - 1);
});

it('those who are heard are kept for a moment, each once and as heard last', () => {
  const first = new FirstContacts(() => 0);
  expect(first.dueAt).toBe(Number.POSITIVE_INFINITY);
  first.gather({ contact: contactOf(1), load: 9 }, 1000);
  first.gather({ contact: contactOf(2), load: 5 }, 1100);
  first.gather({ contact: contactOf(1), load: 1 }, 1200);
  expect(first.dueAt).toBe(1000 + GATHERING_MS);
  expect(first.take().map(({ load }) => load)).toEqual([1, 5]);
  expect(first.gather({ contact: contactOf(3), load: 0 }, 2000)).toBe(false);
  expect(first.take()).toEqual([]);
});

it('who is gone before they are asked is not asked', () => {
  const first = new FirstContacts(() => 0);
  first.gather({ contact: contactOf(1), load: 0 }, 0);
  first.gather({ contact: contactOf(2), load: 0 }, 0);
  first.remove(idOf(1));
  expect(first.take()).toEqual([{ contact: contactOf(2), load: 0 }]);
});

it('no crowd of announced peers takes more room than there is later', () => {
  const first = new FirstContacts(() => 0);
  for (let peer = 0; peer < 1000; peer += 1) first.gather({ contact: contactOf(peer), load: 0 }, 0);
  expect(first.take()).toHaveLength(30);
});
