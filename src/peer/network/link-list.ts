/** The links there are now, as `status` and `topo` show them. */
import type { PeerId } from '#src/domain/ids.js';
import { type AnsweredLink, QUERY_LIMITS } from '#src/domain/query/query.js';
import type { LinkRow } from '#src/peer/rows.js';
import type * as Mesh from '#workers/mesh.js';

type Kept = Omit<LinkRow, 'sinceMs'> & { readonly upAt: number };

export class LinkList {
  readonly #links = new Map<PeerId, Kept>();

  hearMesh(said: Mesh.Out): void {
    switch (said.type) {
      case 'link-up': {
        const { peerId, name, host, ports, dialled } = said;
        const row = { peerId, name, host, port: ports.mesh, direction: directionOf(dialled) };
        const nothing = { neighbour: false, rttMs: null, bytesIn: 0, bytesOut: 0 } as const;
        this.#links.set(peerId, { ...row, ...nothing, upAt: performance.now() });
        return;
      }
      case 'link-down':
        this.#links.delete(said.peerId);
        return;
      case 'neighbour-up':
        return this.#change(said.peerId, { neighbour: true });
      case 'neighbour-down':
        return this.#change(said.peerId, { neighbour: false });
      case 'links-measured':
        for (const { peerId, ...traffic } of said.links) this.#change(peerId, traffic);
        return;
      default:
        return;
    }
  }

  /** Nothing for who is not linked. */
  rename(peer: PeerId, name: string): void {
    this.#change(peer, { name });
  }

  /** The mesh began a new life: all links are gone. */
  meshRestarted(): void {
    this.#links.clear();
  }

  has(peer: PeerId): boolean {
    return this.#links.has(peer);
  }

  get peers(): readonly PeerId[] {
    return [...this.#links.keys()];
  }

  /** Neighbours first, then by name. */
  get rows(): readonly LinkRow[] {
    const now = performance.now();
    return [...this.#links.values()]
      .map(({ upAt, ...row }) => ({ ...row, sinceMs: Math.round(now - upAt) }))
      .toSorted(byRank);
  }

  /** How many neighbours there are in the mesh. */
  get neighbours(): number {
    return [...this.#links.values()].filter(({ neighbour }) => neighbour).length;
  }

  /** What others are told who ask. */
  get told(): readonly AnsweredLink[] {
    return this.rows.slice(0, QUERY_LIMITS.links).map((row) => {
      const { peerId, rttMs, neighbour, direction } = row;
      return { peerId, rttMs, neighbour, dialled: direction === 'dialled' };
    });
  }

  #change(peer: PeerId, change: Partial<Kept>): void {
    const link = this.#links.get(peer);
    if (link !== undefined) this.#links.set(peer, { ...link, ...change });
  }
}

function directionOf(dialled: boolean): LinkRow['direction'] {
  return dialled ? 'dialled' : 'accepted';
}

function byRank(one: LinkRow, other: LinkRow): number {
  const rank = Number(other.neighbour) - Number(one.neighbour);
  return rank || (one.name < other.name ? -1 : Number(one.name > other.name));
}
