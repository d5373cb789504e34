import { describe, expect, it } from 'vitest';
import type { Instance, PeerId } from '#src/domain/ids.js';
import { SPARE_LINKS } from '#src/domain/peers/link-room.js';
import { step } from '#src/domain/peers/links.js';
import {
  type Link,
  type LinkEffect,
  type LinkEvent,
  type LinksState,
  noLinks,
} from '#src/domain/peers/links-state.js';
import { LinkNetwork } from '#test/support/link-network.js';
import { randomFrom } from '#test/support/random.js';

const MOST = 4;
const peer = (n: number) => `peer ${n}` as PeerId;

function link(n: number, dialled: boolean): Link {
  const instance = `run ${n}` as Instance;
  return { id: n, peerId: peer(n), instance, dialled, host: `10.0.0.${n}`, port: 1 };
}

/** Peers 0 to 3 have the four places there are. */
function full(kept: readonly PeerId[] = [], random = 0) {
  let state: LinksState = noLinks('self' as PeerId, [], MOST, kept);
  const take = (event: LinkEvent): readonly LinkEffect[] => {
    const next = step(state, event, 0, random);
    state = next.state;
    return next.effects;
  };
  const accept = (n: number) => types(take({ type: 'opened', link: link(n, false) }));
  const dialled = (n: number) => types(take({ type: 'opened', link: link(n, true) }));
  const expire = (n: number) => types(take({ type: 'guest-expired', peerId: peer(n) }));
  for (let n = 0; n < MOST; n += 1) accept(n);
  return { take, accept, dialled, expire, linked: () => [...state.peers.keys()] };
}

function types(effects: readonly LinkEffect[]): readonly string[] {
  return effects.map((effect) => {
    if (effect.type === 'tell-down') return `down:${effect.peerId}:${effect.reason}`;
    if (effect.type === 'await-place') return `await:${effect.peerId}`;
    return 'link' in effect ? `${effect.type}:${effect.link.id}` : effect.type;
  });
}

describe('where all places are taken', () => {
  it('a stranger is a guest for a moment, and has to go where he became no neighbour', () => {
    const { accept, expire, linked } = full();
    expect(accept(7)).toEqual(['tell-up:7', 'adopt:7', 'await:peer 7']);
    expect(expire(7)).toEqual(['turn-out:7', 'down:peer 7:full']);
    expect(linked()).toEqual([0, 1, 2, 3].map(peer));
  });

  it('who became a neighbour meanwhile stays, and an acquaintance goes for him', () => {
    const { take, accept, expire, linked } = full();
    accept(7);
    take({ type: 'neighbour', peerId: peer(7), isOne: true });
    expect(expire(7)).toEqual(['turn-out:0', 'down:peer 0:full', 'adopt:7']);
    expect(linked()).toEqual([1, 2, 3, 7].map(peer));
    expect(expire(7)).toEqual([]);
  });

  it('a neighbour gets the place of an acquaintance, not that of another guest', () => {
    const { take, accept, expire, linked } = full([], 0.99);
    accept(7);
    accept(8);
    take({ type: 'neighbour', peerId: peer(7), isOne: true });
    expect(expire(7)).toEqual(['turn-out:3', 'down:peer 3:full', 'adopt:7']);
    expire(8);
    expect(linked()).toEqual([0, 1, 2, 7].map(peer));
  });

  it('a guest stays where a place has come free', () => {
    const { take, accept, expire, linked } = full();
    accept(7);
    take({ type: 'ended', link: link(2, false), goodbye: false });
    expect(expire(7)).toEqual(['adopt:7']);
    expect(linked()).toEqual([0, 1, 3, 7].map(peer));
  });

  it('who is kept gets the place of an acquaintance at once, and never that of a neighbour or another who is kept', () => {
    const { take, accept } = full([peer(0), peer(7)]);
    take({ type: 'neighbour', peerId: peer(1), isOne: true });
    expect(accept(7).slice(0, 2)).toEqual(['turn-out:2', 'down:peer 2:full']);
  });

  it('whose place that is, chance says and not who comes', () => {
    const victims = [0, 0.3, 0.6, 0.99].map((random) => full([peer(7)], random).accept(7)[0]);
    expect(victims).toEqual(['turn-out:0', 'turn-out:1', 'turn-out:2', 'turn-out:3']);
  });

  it('who came beyond the bound as a neighbour, or kept, is a guest again when that is over', () => {
    const all = [0, 1, 2, 3, 4, 5].map(peer);
    const { take, accept, expire, linked } = full(all);
    expect([...accept(4), ...accept(5)]).not.toContain('await:peer 4');
    expect(types(take({ type: 'keep', peers: all.slice(0, 5) }))).toEqual(['await:peer 5']);
    expect(expire(5)).toEqual(['turn-out:5', 'down:peer 5:full']);
    take({ type: 'neighbour', peerId: peer(4), isOne: true });
    expect(types(take({ type: 'keep', peers: all.slice(0, 4) }))).toEqual([]);
    const over = take({ type: 'neighbour', peerId: peer(4), isOne: false });
    expect(types(over)).toEqual(['await:peer 4']);
    expect(expire(4)).toEqual(['turn-out:4', 'down:peer 4:full']);
    expect(linked()).toHaveLength(MOST);
  });

  it('strangers beyond what is spare are told that there is no place', () => {
    const { accept, linked } = full();
    for (let n = 0; n < SPARE_LINKS; n += 1) accept(10 + n);
    expect(accept(50)).toEqual(['turn-out:50']);
    expect(linked()).toHaveLength(MOST + SPARE_LINKS);
  });

  it('strangers who fill what is spare stop nobody whom we dial ourselves, nor one who is kept', () => {
    const { accept, dialled, linked } = full([peer(51)]);
    for (let n = 0; n < SPARE_LINKS; n += 1) accept(10 + n);
    expect(dialled(50)).toContain('adopt:50');
    expect(accept(51)).toContain('adopt:51');
    expect(linked()).toHaveLength(MOST + SPARE_LINKS);
  });

  it('even those who are kept are no more than what is spare beyond the bound', () => {
    const all = Array.from({ length: 100 }, (_, n) => peer(n));
    const { take, accept, linked } = full(all);
    for (let n = MOST; n < 100; n += 1) accept(n);
    expect(linked()).toHaveLength(MOST + SPARE_LINKS);
    const target = { host: '10.0.0.99', port: 1 };
    const effects = take({ type: 'opened', link: link(99, true), target });
    expect(effects).toMatchObject([
      { type: 'turn-out' },
      { type: 'tell-failed', error: { code: 'full' } },
    ]);
  });

  it('one that says it has no place for us is down for that, and what else there was of it ends', () => {
    const { take } = full();
    expect(types(take({ type: 'turned-out', link: link(1, false) }))).toEqual([
      'drop:1',
      'down:peer 1:full',
    ]);
    expect(types(take({ type: 'turned-out', link: link(1, false) }))).toEqual(['drop:1']);
  });
});

it('twenty peers who all dial each other keep within the bound, and both ends of each link agree', () => {
  for (let seed = 0; seed < 6; seed += 1) {
    const random = randomFrom(seed);
    const network = new LinkNetwork(random, 20, MOST);
    for (const one of network.nodes)
      for (const other of network.nodes)
        if (one !== other)
          network.later(random() * 20_000, () => network.dial(one, other, random() < 0.5));
    network.run();
    expect(network.mostLinked, `seed ${seed}`).toBeLessThanOrEqual(MOST + SPARE_LINKS);
    for (const one of network.nodes) {
      expect(one.state.peers.size, `seed ${seed}: ${one.id}`).toBeLessThanOrEqual(MOST);
      for (const other of network.nodes)
        expect(network.wireBetween(one, other), `seed ${seed}`).toBe(
          network.wireBetween(other, one),
        );
    }
  }
});
