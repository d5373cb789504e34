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

/** @returns what of the plane is shown: all nodes, so large that their names can be read, and never less than `least` across. */
export function viewBox(
  nodes: readonly { readonly x: number; readonly y: number }[],
  least: { readonly width: number; readonly height: number },
): string {
  const [left, width] = spanOf(
    nodes.map(({ x }) => x),
    least.width,
  );
  const [top, height] = spanOf(
    nodes.map(({ y }) => y),
    least.height,
  );
  return [left, top, width, height].map(Math.round).join(' ');
}

function spanOf(at: readonly number[], least: number): readonly [from: number, length: number] {
  if (at.length === 0) return [0, least];
  // Not spread into arguments: there may be more nodes than a call takes.
  const low = at.reduce((one, other) => Math.min(one, other)) - MARGIN;
  const high = at.reduce((one, other) => Math.max(one, other)) + MARGIN;
  const spare = Math.max(0, least - (high - low));
  return [low - spare / 2, high - low + spare];
}
