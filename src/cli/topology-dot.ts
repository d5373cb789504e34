/** The network as text for Graphviz: `dot -Tsvg`, `neato -Tpng`. */
import { printable } from '#src/domain/printable.js';
import type { Topology, TopologyLink, TopologyNode } from '#src/peer/rows.js';
import { shortId } from './amounts.js';
import { leftOutText, rttText } from './topology-tree.js';

/** @returns an undirected graph; whoever did not answer is dashed, as is a link that is not of the mesh. */
export function topologyDot({ nodes, links, leftOut }: Topology): string {
  const lines = [
    'graph p2p {',
    ...(leftOut > 0 ? [`  label=${quoted(leftOutText(leftOut))};`] : []),
    '  node [shape=box];',
    ...nodes.map(nodeText),
    ...links.map(linkText),
    '}',
  ];
  return lines.join('\n');
}

function nodeText({ peerId, name, load, answered }: TopologyNode, at: number): string {
  const label = [printable(name), shortId(peerId), ...(answered ? [`load ${load}`] : [])];
  const style = answered ? (at === 0 ? ', style=bold' : '') : ', style=dashed';
  return `  ${quoted(peerId)} [label=${quoted(label.filter(Boolean).join('\n'))}${style}];`;
}

function linkText({ a, b, rttMs, neighbour }: TopologyLink): string {
  const label = rttMs === null ? '' : ` [label=${quoted(rttText(rttMs))}]`;
  return `  ${quoted(a)} -- ${quoted(b)}${label}${neighbour ? '' : ' [style=dashed]'};`;
}

/** Graphviz reads backslashes in labels as its own (`\N`, `\l`), and a quote as the end. */
function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `"${escaped}"`;
}
