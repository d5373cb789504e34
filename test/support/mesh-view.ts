/** Who is whose neighbour in the mesh, by what peers said of it. */

/** A peer, and all that it said so far. */
export type View = {
  readonly peerId: string;
  readonly lines: readonly { readonly type: string; readonly peerId?: unknown }[];
};

/** @returns how many are reached from the first, over neighbours of whom both say so; all where they are one mesh. */
export function reachedFrom(views: readonly View[]): number {
  const neighbours = new Map(views.map(({ peerId, lines }) => [peerId, neighboursIn(lines)]));
  const reached = new Set(views.slice(0, 1).map(({ peerId }) => peerId));
  for (const peerId of reached) {
    for (const other of neighbours.get(peerId) ?? []) {
      if (neighbours.get(other)?.has(peerId) === true) reached.add(other);
    }
  }
  return reached.size;
}

function neighboursIn(lines: View['lines']): ReadonlySet<string> {
  const neighbours = new Set<string>();
  for (const { type, peerId } of lines) {
    if (type === 'link-up') neighbours.add(String(peerId));
    if (type === 'link-down') neighbours.delete(String(peerId));
  }
  return neighbours;
}
