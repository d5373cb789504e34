import { describe, expect, it } from 'vitest';
import { AnnouncedPeers, FOREIGN_EACH_MS } from '#src/domain/mesh/announced-peers.js';
import { GATHERING_MS } from '#src/domain/mesh/first-contacts.js';
import { contactOf, idOf } from '#test/support/mesh-contacts.js';

const ALONE = { linkedAt: undefined, component: 0, others: [] };
const PART = { ...ALONE, component: 5 };

/** One who has gathered its first contacts already. */
function settled(): AnnouncedPeers {
  const peers = new AnnouncedPeers(() => 0);
  peers.linked(contactOf(0), 0);
  peers.tick(GATHERING_MS);
  return peers;
}

describe('announcements tell the mesh', () => {
  it('of nobody until a moment has passed, then of all with their loads', () => {
    const peers = new AnnouncedPeers(() => 0);
    const [one, two] = [contactOf(1), contactOf(2)];
    expect(peers.announced(one, { load: 4, component: 0 }, ALONE, 0)).toEqual([]);
    expect(peers.linked(two, 10)).toEqual([]);
    expect(peers.announced(two, { load: 2, component: 0 }, ALONE, 20)).toEqual([]);
    expect(peers.tick(GATHERING_MS - 1)).toEqual([]);
    expect(peers.tick(GATHERING_MS)).toEqual([
      { type: 'heard', contact: two, load: 2 },
      { type: 'heard', contact: one, load: 4 },
    ]);
    expect(peers.tick(GATHERING_MS)).toEqual([]);
  });

  it('where a linked peer is as its link has proven, whatever is announced', () => {
    const proven = contactOf(1);
    const announced = { ...proven, host: '203.0.113.9' };
    const here = { ...ALONE, linkedAt: proven };
    expect(settled().announced(announced, { load: 1, component: 0 }, here, 1000)).toEqual([
      { type: 'heard', contact: proven, load: 1 },
    ]);
  });

  it('how loaded a peer is that is linked after it was heard', () => {
    const peers = settled();
    peers.announced(contactOf(1), { load: 6, component: 0 }, ALONE, 1000);
    expect(peers.linked(contactOf(1), 1001)).toEqual([
      { type: 'heard', contact: contactOf(1), load: 6 },
    ]);
  });

  it('of no more strangers than half of those it knows, but of these again', () => {
    const others = Array.from({ length: 15 }, (_, index) => contactOf(index));
    const here = { ...ALONE, others };
    const standing = { load: 1, component: 0 };
    expect(settled().announced(contactOf(77), standing, here, 1000)).toEqual([]);
    expect(settled().announced(contactOf(3), standing, here, 1000)).toHaveLength(1);
    const linked = { ...here, linkedAt: contactOf(77) };
    expect(settled().announced(contactOf(77), standing, linked, 1000)).toHaveLength(1);
  });
});

describe('a peer of another part of the mesh', () => {
  const isForeign = (events: readonly { type: string }[]) =>
    events.some(({ type }) => type === 'foreign');

  it.each([
    ['another part', 6, PART, true],
    ['the same part', 5, PART, false],
    ['no part yet', 0, PART, false],
    ['another part, while we know none', 6, ALONE, false],
  ])('is told as foreign where it says %s', (_what, component, here, expected) => {
    const events = settled().announced(contactOf(1), { load: 0, component }, here, 100_000);
    expect(isForeign(events)).toBe(expected);
  });

  it('is told once a minute, however many there are', () => {
    const peers = settled();
    let told = 0;
    for (let ms = 0; ms < 10 * FOREIGN_EACH_MS; ms += 100) {
      const standing = { load: 0, component: 1000 + ms };
      const events = peers.announced(contactOf(ms), standing, PART, 100_000 + ms);
      told += Number(isForeign(events));
    }
    expect(told).toBe(10);
  });

  it('is told of although there is no room to remember it', () => {
    const others = Array.from({ length: 15 }, (_, index) => contactOf(index));
    const peers = settled();
    const here = { ...PART, others };
    expect(peers.announced(contactOf(77), { load: 0, component: 6 }, here, 100_000)).toEqual([
      { type: 'foreign', contact: contactOf(77) },
    ]);
    peers.lost(idOf(77));
  });
});
