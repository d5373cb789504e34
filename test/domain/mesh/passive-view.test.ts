import { describe, expect, it } from 'vitest';
import { PassiveView } from '#src/domain/mesh/passive-view.js';
import { contactOf, idOf } from '#test/support/mesh-contacts.js';
import { randomFrom } from '#test/support/random.js';

const MOST = 30;

/** Peers below 100 are trusted. */
function made(...peers: readonly number[]): PassiveView {
  const view = new PassiveView(randomFrom(1), (peer) => peer < idOf(100));
  for (const peer of peers) view.add(contactOf(peer), 1);
  return view;
}

const range = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);

describe('the passive view', () => {
  it('never has more than thirty, and each once', () => {
    const view = made(...range(100, 1000), ...range(1050, 50));
    expect(view.size).toBe(MOST);
    expect(new Set(view.contacts.map(({ peerId }) => peerId)).size).toBe(MOST);
  });

  it('lets go first whom it has just told of: the other end knows them', () => {
    const view = made(...range(100, MOST));
    const told = [contactOf(105), contactOf(106)];
    view.add(contactOf(200), 1, told);
    view.add(contactOf(201), 1, told);
    expect(told.map(({ peerId }) => view.has(peerId))).toEqual([false, false]);
  });

  it('lets no trusted peer go for strangers, however many are invented', () => {
    const view = made(...range(1, 20), ...range(100, 5000));
    expect(range(1, 20).every((peer) => view.has(idOf(peer)))).toBe(true);
    const full = made(...range(1, MOST), 100);
    expect(full.has(idOf(100))).toBe(false);
  });

  it('takes a trusted peer in though all are trusted', () => {
    const view = made(...range(1, MOST), 99);
    expect([view.has(idOf(99)), view.size]).toEqual([true, MOST]);
  });

  it('chooses of two the one with fewer neighbours', () => {
    const view = made();
    view.add(contactOf(1), 9);
    view.add(contactOf(2), 2);
    expect(view.choose(() => true)?.peerId).toBe(idOf(2));
    expect(view.choose((peer) => peer === idOf(1))?.peerId).toBe(idOf(1));
    expect(view.choose(() => false)).toBeUndefined();
  });

  it('gives as many as are asked for, each once, and no more than there are', () => {
    const view = made(...range(100, 5));
    expect(new Set(view.sample(3)).size).toBe(3);
    expect(view.sample(1_000_000)).toHaveLength(5);
  });
});
