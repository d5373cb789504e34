import { describe, expect, it } from 'vitest';
import { ActiveView, type Direction } from '#src/domain/mesh/active-view.js';
import { contactOf, idOf } from '#test/support/mesh-contacts.js';
import { randomFrom } from '#test/support/random.js';

const BUSY = { dialled: 4, accepted: 3 };
const TAKER = { dialled: 5, accepted: 0 };

/** Peers below 10 are trusted. */
function made() {
  const view = new ActiveView(randomFrom(1), (peer) => peer < idOf(10));
  const add = (peer: number, direction: Direction, links = BUSY) =>
    view.add({ contact: contactOf(peer), direction, links });
  return { view, add };
}

describe('the active view', () => {
  it('counts who was asked and who asked', () => {
    const { view, add } = made();
    add(1, 'dialled');
    add(11, 'accepted');
    add(12, 'accepted');
    expect(view.counts).toEqual({ dialled: 1, accepted: 2 });
    expect([view.trusted, view.trustedDialled]).toEqual([1, 1]);
  });

  it('lets first go who asks others and takes on nobody', () => {
    const { view, add } = made();
    for (const peer of [11, 12, 13]) add(peer, 'accepted');
    add(14, 'accepted', TAKER);
    expect(view.victimFor(idOf(20))?.contact.peerId).toBe(idOf(14));
  });

  it('lets nobody go who was asked, nor who is trusted for one who is not', () => {
    const { view, add } = made();
    add(11, 'dialled');
    add(1, 'accepted', TAKER);
    expect(view.victimFor(idOf(20))).toBeUndefined();
    expect(view.victimFor(idOf(2))?.contact.peerId).toBe(idOf(1));
  });

  it('names a stranger who was asked, and may give way to a trusted peer', () => {
    const { view, add } = made();
    add(1, 'dialled');
    add(12, 'accepted');
    expect(view.dialledStranger()).toBeUndefined();
    add(13, 'dialled');
    expect(view.dialledStranger()?.contact.peerId).toBe(idOf(13));
  });

  it('chooses anybody but those who are excluded', () => {
    const { view, add } = made();
    for (const peer of [1, 2, 3]) add(peer, 'dialled');
    const chosen = new Set(Array.from({ length: 50 }, () => view.random(idOf(2))?.peerId));
    expect(chosen).toEqual(new Set([idOf(1), idOf(3)]));
    expect(view.random(idOf(1), idOf(2), idOf(3))).toBeUndefined();
  });
});
