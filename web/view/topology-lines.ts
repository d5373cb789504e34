/** A topology in words and in bounds. Pure. */
import type { Topology, TopologyNode } from '#src/peer/rows.js';

export type LinkedNode = { readonly node: TopologyNode; readonly others: readonly TopologyNode[] };

export function linkedWith({ nodes, links }: Topology): readonly LinkedNode[] {
  const byId = new Map(nodes.map((node) => [node.peerId, node]));
  return nodes.map((node) => {
    const { peerId } = node;
    const ids = links.flatMap(({ a, b }) => (a === peerId ? [b] : b === peerId ? [a] : []));
    return { node, others: ids.flatMap((id) => byId.get(id) ?? []) };
  });
}

/** Names stand below their circles, and beside them. */
const MARGIN = 70;

/** @returns what of the plane is shown: all nodes, and never less than the picture. */
export function viewBox(
  nodes: readonly { readonly x: number; readonly y: number }[],
  width: number,
  height: number,
): string {
  const [xs, ys] = [nodes.map(({ x }) => x), nodes.map(({ y }) => y)];
  const left = Math.min(0, ...xs.map((x) => x - MARGIN));
  const top = Math.min(0, ...ys.map((y) => y - MARGIN));
  const right = Math.max(width, ...xs.map((x) => x + MARGIN));
  const bottom = Math.max(height, ...ys.map((y) => y + MARGIN));
  return [left, top, right - left, bottom - top].map(Math.round).join(' ');
}
