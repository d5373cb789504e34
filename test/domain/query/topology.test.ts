import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { MOST_SILENT, type Testimony, topologyOf } from '#src/domain/query/topology.js';

const [A, B, C] = ['a', 'b', 'c'] as [PeerId, PeerId, PeerId];
const link = (peerId: PeerId, rttMs: number | null, dialled = false, neighbour = false) => ({
  peerId,
  rttMs,
  dialled,
  neighbour,
});
const said = (peerId: PeerId, ...links: Testimony['links']): Testimony =>
  ({ query: '', peerId, name: `${peerId}!`, load: links.length, links }) as never;

describe('a topology', () => {
  it('has each link once, the shorter time of both ends, and says what one end alone says', () => {
    const self = said(B, link(A, 3, true, true), link(C, null));
    const { nodes, links } = topologyOf(self, [said(A, link(B, 2, false))], () => 'carl');
    expect(nodes).toEqual([
      { peerId: B, name: 'b!', load: 2, answered: true },
      { peerId: A, name: 'a!', load: 1, answered: true },
      { peerId: C, name: 'carl', load: 0, answered: false },
    ]);
    expect(links).toEqual([
      { a: A, b: B, rttMs: 2, dialledBy: B, neighbour: true, confirmed: true },
      { a: B, b: C, rttMs: null, dialledBy: C, neighbour: false, confirmed: false },
    ]);
  });

  it('is not confirmed by whoever says a thing twice, and knows no link of a peer with itself', () => {
    const liar = said(A, link(C, 1), link(C, 9), link(A, 1));
    const { links } = topologyOf(said(B), [liar], () => undefined);
    expect(links).toEqual([
      { a: A, b: C, rttMs: 1, dialledBy: C, neighbour: false, confirmed: false },
    ]);
  });

  it('shows of those only named first who is linked here, then whom most name, and counts the others', () => {
    const made = (from: string) =>
      Array.from({ length: 128 }, (_, at) => link(`${from}${at}` as PeerId, null));
    const liars = Array.from({ length: 9 }, (_, at) => `b${at}` as PeerId);
    const [NEAR, KNOWN] = ['y', 'z'] as [PeerId, PeerId];
    const self = said(A, link(NEAR, 1));
    const answers = liars.map((liar) => said(liar, ...made(liar), link(KNOWN, 1)));
    const { nodes, links, leftOut } = topologyOf(self, answers, () => undefined);
    const silent = nodes.filter(({ answered }) => !answered).map(({ peerId }) => peerId);
    expect(silent).toHaveLength(MOST_SILENT);
    expect(silent).toEqual(expect.arrayContaining([NEAR, KNOWN]));
    expect(leftOut).toBe(9 * 128 + 2 - MOST_SILENT);
    const shown = new Set(nodes.map(({ peerId }) => peerId));
    expect(links.every(({ a, b }) => shown.has(a) && shown.has(b))).toBe(true);
  });
});
