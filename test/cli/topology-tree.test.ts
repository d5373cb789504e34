import { describe, expect, it } from 'vitest';
import { topologyDot } from '#src/cli/topology-dot.js';
import { topologyTree } from '#src/cli/topology-tree.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Topology, TopologyLink, TopologyNode } from '#src/peer/rows.js';

const HOSTILE = 'x\u001b[2J"\\N\r\n-- evil\u202e';

const idOf = (number: number) => `peer${number}`.padEnd(52, 'x') as PeerId;

const node = (number: number, more: Partial<TopologyNode> = {}): TopologyNode => ({
  peerId: idOf(number),
  name: `name ${number}`,
  load: 5,
  answered: true,
  ...more,
});

const link = (one: number, other: number, more: Partial<TopologyLink> = {}): TopologyLink => {
  const [a = idOf(one), b = idOf(other)] = [idOf(one), idOf(other)].toSorted();
  const plain = { rttMs: 1.25, dialledBy: idOf(one), neighbour: true, confirmed: true };
  return { a, b, ...plain, ...more };
};

/** Everybody knows everybody; in the mesh each has dialled the next three. */
function crowd(size: number): Topology {
  const nodes = Array.from({ length: size }, (_, number) => node(number));
  const links: TopologyLink[] = [];
  for (let one = 0; one < size; one += 1) {
    for (let other = one + 1; other < size; other += 1) {
      links.push(link(one, other, { neighbour: other - one <= 3 }));
    }
  }
  return { nodes, links, leftOut: 0 };
}

const linesOf = (topology: Topology, width = 80) => topologyTree(topology, width).split('\n');

describe('the tree of a topology', () => {
  it('begins with this peer and shows who dialled whom, how far it is, and how many neighbours it has', () => {
    const links = [link(0, 1), link(1, 2, { dialledBy: idOf(2), rttMs: 31.7 }), link(0, 3)];
    const nodes = [node(0), node(1), node(2), node(3, { answered: false, name: '' })];
    expect(linesOf({ nodes, links, leftOut: 0 })).toEqual([
      'name 0 (peer0xxx)  load 5',
      '├─ → name 1 (peer1xxx)  1.3 ms  load 5',
      '│  └─ ← name 2 (peer2xxx)  32 ms  load 5',
      '└─ → ? peer3xxx  1.3 ms',
      '',
      '4 peers, 3 links, 1 did not answer',
      expect.stringContaining('→ dialled'),
    ]);
  });

  it.each([20, 80, 200])('has each of 50 peers once, in %i columns', (width) => {
    const lines = linesOf(crowd(50), width);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    const starts = lines.slice(0, 50).map((line) => /name \d+/.exec(line)?.[0]);
    expect(lines[50]).toBe('');
    if (width < 80) return;
    expect(new Set(starts).size).toBe(50);
    expect(lines[51]).toBe('50 peers, 1225 links');
  });

  it('shows the mesh where everybody knows everybody, and the links that the tree leaves out', () => {
    const [root = '', first = ''] = linesOf(crowd(50), 200);
    expect(root).toBe('name 0 (peer0xxx)  load 5');
    expect(first).toMatch(/^├─ → name 1 .*also name 2 \(\w+\), name 3 \(\w+\)$/);
    expect(
      linesOf(crowd(50), 200).some((line) => line.includes('·') && line.includes('name')),
    ).toBe(false);
  });

  it('hangs those whom only acquaintance reaches, or nothing, somewhere', () => {
    const links = [link(0, 1, { neighbour: false })];
    const lines = linesOf({ nodes: [node(0), node(1), node(2)], links, leftOut: 0 });
    expect(lines.slice(0, 3)).toEqual([
      'name 0 (peer0xxx)  load 5',
      '├─ · name 1 (peer1xxx)  1.3 ms  load 5',
      '└─ name 2 (peer2xxx)  load 5',
    ]);
  });

  it('says of how many more it shows nothing, and so does the text for Graphviz', () => {
    const topology = { nodes: [node(0)], links: [], leftOut: 7 };
    const lines = linesOf(topology, 100);
    expect(lines[2]).toBe('1 peer, 0 links, 7 more only named by others (1024 of these are shown)');
    expect(topologyDot(topology)).toContain('  label="7 more only named by others');
  });

  it('keeps a name of others on its line and harmless', () => {
    const nodes = [node(0), node(1, { name: HOSTILE })];
    const text = topologyTree({ nodes, links: [link(0, 1)], leftOut: 0 }, 200);
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(text.split('\n')).toHaveLength(5);
  });
});

describe('a topology for Graphviz', () => {
  it('has each peer and each link once', () => {
    const lines = topologyDot(crowd(50)).split('\n');
    expect(lines.filter((line) => line.includes(' -- '))).toHaveLength(1225);
    expect(lines.filter((line) => line.includes('label="name'))).toHaveLength(50);
    expect([lines[0], lines.at(-1)]).toEqual(['graph p2p {', '}']);
  });

  it('quotes names so that they are labels and nothing else', () => {
    const nodes = [node(0, { name: HOSTILE })];
    const [, , line = ''] = topologyDot({ nodes, links: [], leftOut: 0 }).split('\n');
    // Whatever is quoted holds no quote that ends it.
    const [, label = ''] = /label=("(?:[^"\\]|\\.)*"), style=bold\];$/.exec(line) ?? [];
    expect(label).toContain('x\\\\u{1b}[2J\\"\\\\N');
    expect(line).not.toMatch(/\p{Cc}/u);
  });
});
