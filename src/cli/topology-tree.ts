/**
 * The network as a tree of text: this peer is the root, each peer stands once, below the one it is nearest to, with its
 * other links in short. Neighbours in the mesh come before acquaintances, so that in a network in which everybody knows
 * everybody the mesh is seen.
 */
import { printable } from '#src/domain/printable.js';
import { MOST_SILENT } from '#src/domain/query/topology.js';
import type { Topology, TopologyLink, TopologyNode } from '#src/peer/rows.js';
import { countText, shortId } from './amounts.js';

/** Less room says nothing of a peer. */
const LEAST_TEXT_COLUMNS = 12;
/** Deeper branches are not indented any more than this. */
const MOST_DEPTH = 8;

/** How a peer is reached from the one above it. */
const ARROWS = { dialled: '→', accepted: '←', acquainted: '·' } as const;

type Branch = {
  readonly node: TopologyNode;
  readonly by: TopologyLink | undefined;
  below: Branch[];
};

/** @returns lines of at most `width` columns. */
export function topologyTree(topology: Topology, width: number): string {
  const { nodes, links, leftOut } = topology;
  if (nodes.length === 0) return '';
  const tree = treeOf(topology);
  const silent = nodes.filter(({ answered }) => !answered).length;
  const summary = [
    countText(nodes.length, 'peer'),
    countText(links.length, 'link'),
    ...(silent > 0 ? [`${silent} did not answer`] : []),
    ...(leftOut > 0 ? [leftOutText(leftOut)] : []),
  ].join(', ');
  const lines = [...drawn(tree, tree.root, '', '', 0)];
  const legend = `${ARROWS.dialled} dialled  ${ARROWS.accepted} accepted  ${ARROWS.acquainted} acquainted, not in the mesh  ? did not answer`;
  return [...lines, '', summary, legend].map((line) => cut(line, width)).join('\n');
}

type LinksOf = (node: TopologyNode) => readonly TopologyLink[];

type Tree = {
  readonly root: Branch;
  readonly names: ReadonlyMap<string, string>;
  /** The links of each in the mesh. */
  readonly mesh: LinksOf;
};

function treeOf({ nodes, links }: Topology): Tree {
  const names = new Map(nodes.map((node) => [node.peerId as string, nameOf(node)]));
  const branches = new Map(nodes.map((node) => [node.peerId as string, newBranch(node)]));
  const [root] = branches.values();
  const start = root as Branch;
  const reached = new Set<string>([start.node.peerId]);
  const mesh = byPeer(links.filter(({ neighbour }) => neighbour));
  const every = byPeer(links);
  // The mesh first; whoever it does not reach hangs on an acquaintance.
  let ring: readonly Branch[] = [start];
  while (ring.length > 0) {
    ring = grown(ring, mesh, branches, reached);
    if (ring.length > 0) continue;
    const all = [...branches.values()].filter(({ node }) => reached.has(node.peerId));
    ring = grown(all, every, branches, reached);
  }
  // Only if somebody answered who is linked with nobody: he left while he was asked.
  for (const branch of branches.values()) {
    if (!reached.has(branch.node.peerId)) start.below.push(branch);
  }
  return { root: start, names, mesh };
}

/** Hangs everybody below whom a link leads to from one of these. @returns those. */
function grown(
  ring: readonly Branch[],
  linksOf: LinksOf,
  branches: ReadonlyMap<string, Branch>,
  reached: Set<string>,
): readonly Branch[] {
  const next: Branch[] = [];
  for (const above of ring) {
    for (const by of linksOf(above.node)) {
      const below = branches.get(otherEnd(by, above.node));
      if (below === undefined || reached.has(below.node.peerId)) continue;
      reached.add(below.node.peerId);
      const branch = Object.assign(below, { by });
      above.below.push(branch);
      next.push(branch);
    }
  }
  return next;
}

function newBranch(node: TopologyNode): Branch {
  return { node, by: undefined, below: [] };
}

function* drawn(
  tree: Tree,
  branch: Branch,
  lead: string,
  indent: string,
  depth: number,
): Generator<string> {
  yield `${lead}${described(branch)}${furtherText(tree, branch)}`;
  for (const [at, below] of branch.below.entries()) {
    const isLast = at === branch.below.length - 1;
    const deeper = depth < MOST_DEPTH ? `${indent}${isLast ? '   ' : '│  '}` : indent;
    yield* drawn(tree, below, `${indent}${isLast ? '└─ ' : '├─ '}`, deeper, depth + 1);
  }
}

function described({ node, by }: Branch): string {
  const { answered, load } = node;
  const name = nameOf(node);
  const rtt = by === undefined ? '' : `  ${rttText(by.rttMs)}`;
  const arrow = by === undefined ? '' : `${arrowOf(by, node)} `;
  return answered ? `${arrow}${name}${rtt}  load ${load}` : `${arrow}? ${name}${rtt}`;
}

/** As the one above sees it. */
function arrowOf({ neighbour, dialledBy }: TopologyLink, below: TopologyNode): string {
  if (!neighbour) return ARROWS.acquainted;
  return dialledBy === below.peerId ? ARROWS.accepted : ARROWS.dialled;
}

/** Its links in the mesh that the tree does not show. */
function furtherText({ names, mesh }: Tree, { node, by, below }: Branch): string {
  const shown = new Set([by, ...below.map((branch) => branch.by)]);
  const further = mesh(node).filter((link) => !shown.has(link));
  if (further.length === 0) return '';
  const others = further.map((link) => names.get(otherEnd(link, node)) ?? '');
  return `  also ${others.join(', ')}`;
}

/** Sorted out once: a network of liars has 65,536 links. */
function byPeer(links: readonly TopologyLink[]): LinksOf {
  const found = new Map<string, TopologyLink[]>();
  for (const link of links) {
    for (const end of [link.a, link.b]) {
      const known = found.get(end);
      if (known === undefined) found.set(end, [link]);
      else known.push(link);
    }
  }
  return ({ peerId }) => found.get(peerId) ?? [];
}

function otherEnd({ a, b }: TopologyLink, { peerId }: TopologyNode): string {
  return a === peerId ? b : a;
}

function nameOf({ name, peerId }: TopologyNode): string {
  return name === '' ? shortId(peerId) : `${printable(name)} (${shortId(peerId)})`;
}

/** Of those who are only named by others so many are shown, and no more. */
export function leftOutText(count: number): string {
  return `${count} more only named by others (${MOST_SILENT} of these are shown)`;
}

/** Below a millisecond tenths of it matter. */
export function rttText(ms: number | null): string {
  if (ms === null) return '- ms';
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** By characters: what is wider than one column is rare in names, and a terminal wraps it. */
function cut(line: string, width: number): string {
  const characters = Array.from(line);
  const room = Math.max(LEAST_TEXT_COLUMNS, width);
  return characters.length <= room ? line : `${characters.slice(0, room - 1).join('')}…`;
}
