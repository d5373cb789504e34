/** What the others offer: every linked peer's catalogue, and who holds what. Pure. */

import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { CatalogueRow } from './catalogue.js';
import { RowRoom } from './row-room.js';

export type Offered = {
  readonly fresh: boolean;
  readonly complete: boolean;
  readonly changed: readonly CatalogueRow[];
  readonly removed: readonly { readonly name: string; readonly id: ContentId }[];
};

/** Rows by content, then by name: what one content has is found without walking all of them. */
type Rows = Map<ContentId, Map<string, CatalogueRow>>;

type Catalogue = { readonly rows: Rows; complete: boolean };

/** A content as the network offers it: under one name, by these peers. */
export type Offer = {
  readonly name: string;
  readonly id: ContentId;
  readonly bytes: number;
  readonly chunks: number;
  readonly peers: readonly PeerId[];
};

export class Directory {
  readonly #catalogues = new Map<PeerId, Catalogue>();
  /** For each content, what each peer holds of it: chunks. */
  readonly #holders = new Map<ContentId, Map<PeerId, number>>();
  readonly #room: RowRoom;

  /** @param room of all catalogues together; rows beyond it are left out. Whoever heard them tells of that. */
  constructor(room: RowRoom = new RowRoom()) {
    this.#room = room;
  }

  /** A peer is linked: its catalogue is on its way. */
  peerUp(peer: PeerId): void {
    this.#freeRows(this.#catalogues.get(peer));
    this.#catalogues.set(peer, { rows: new Map(), complete: false });
  }

  /** @returns the contents it held. */
  peerDown(peer: PeerId): readonly ContentId[] {
    const catalogue = this.#catalogues.get(peer);
    this.#freeRows(catalogue);
    this.#catalogues.delete(peer);
    return this.#recount(peer, catalogue?.rows.keys() ?? []);
  }

  /** @returns the contents of which somebody holds more or less than before. */
  take(peer: PeerId, offered: Offered): readonly ContentId[] {
    const catalogue = this.#catalogues.get(peer);
    if (catalogue === undefined) return [];
    const { rows } = catalogue;
    const touched = offered.fresh ? [...rows.keys()] : [];
    if (offered.fresh) this.#freeRows(catalogue);
    if (offered.fresh) rows.clear();
    for (const { name, id } of offered.removed) {
      if (rows.get(id)?.delete(name) === true) this.#room.free(1);
      if (rows.get(id)?.size === 0) rows.delete(id);
      touched.push(id);
    }
    for (const row of offered.changed) {
      const names = rows.get(row.id) ?? new Map<string, CatalogueRow>();
      if (!names.has(row.name) && !this.#room.take()) continue;
      rows.set(row.id, names.set(row.name, row));
      touched.push(row.id);
    }
    if (offered.complete) catalogue.complete = true;
    return this.#recount(peer, touched);
  }

  /** Whether every linked peer has told all it offers. */
  get isComplete(): boolean {
    return [...this.#catalogues.values()].every(({ complete }) => complete);
  }

  /** Whether a peer has something of a content to give. */
  isSource(peer: PeerId, id: ContentId): boolean {
    return (this.holders(id).get(peer) ?? 0) > 0 || this.#isEmpty(peer, id);
  }

  /** Who holds some of a content, and how many chunks. */
  holders(id: ContentId): ReadonlyMap<PeerId, number> {
    return this.#holders.get(id) ?? new Map();
  }

  /** How many peers have something of a content to give; one without chunks is had by whoever lists it. */
  sources(id: ContentId): number {
    let count = 0;
    for (const peer of this.holders(id).keys()) if (this.isSource(peer, id)) count += 1;
    return count;
  }

  /** What every peer holds of every content. */
  *all(): Generator<{ readonly peerId: PeerId; readonly id: ContentId; readonly have: number }> {
    for (const [id, holders] of this.#holders) {
      for (const [peerId, have] of holders) yield { peerId, id, have };
    }
  }

  /** @returns the least that anybody says of its size; undefined where nobody lists it. */
  leastBytes(id: ContentId): number | undefined {
    let least: number | undefined;
    for (const { rows } of this.#catalogues.values()) {
      for (const { bytes } of rows.get(id)?.values() ?? []) {
        least = Math.min(least ?? bytes, bytes);
      }
    }
    return least;
  }

  /** Everything offered, one for each content and name. @param from only what this peer offers. */
  offers(from?: PeerId): readonly Offer[] {
    const offers = new Map<string, { row: CatalogueRow; peers: PeerId[] }>();
    for (const [peer, { rows }] of this.#catalogues) {
      if (from !== undefined && peer !== from) continue;
      for (const row of allOf(rows)) {
        if (row.have === 0 && row.chunks > 0) continue;
        const key = keyOf(row.name, row.id);
        const known = offers.get(key);
        if (known === undefined) offers.set(key, { row, peers: [peer] });
        else known.peers.push(peer);
      }
    }
    return [...offers.values()].map(({ row, peers }) => ({
      name: row.name,
      id: row.id,
      bytes: row.bytes,
      chunks: row.chunks,
      peers,
    }));
  }

  #freeRows(catalogue: Catalogue | undefined): void {
    let count = 0;
    for (const names of catalogue?.rows.values() ?? []) count += names.size;
    this.#room.free(count);
  }

  #isEmpty(peer: PeerId, id: ContentId): boolean {
    const [row] = this.#rowsOf(peer, id);
    return row?.chunks === 0;
  }

  #rowsOf(peer: PeerId, id: ContentId): Iterable<CatalogueRow> {
    return this.#catalogues.get(peer)?.rows.get(id)?.values() ?? [];
  }

  #recount(peer: PeerId, ids: Iterable<ContentId>): readonly ContentId[] {
    return [...new Set(ids)].filter((id) => this.#recountOne(peer, id));
  }

  #recountOne(peer: PeerId, id: ContentId): boolean {
    let most = -1;
    for (const row of this.#rowsOf(peer, id)) most = Math.max(most, row.have);
    const holders = this.#holders.get(id) ?? new Map<PeerId, number>();
    const before = holders.get(peer) ?? -1;
    if (most === before) return false;
    if (most >= 0) holders.set(peer, most);
    else holders.delete(peer);
    if (holders.size === 0) this.#holders.delete(id);
    else this.#holders.set(id, holders);
    return true;
  }
}

function* allOf(rows: Rows): Generator<CatalogueRow> {
  for (const names of rows.values()) yield* names.values();
}

function keyOf(name: string, id: ContentId): string {
  return `${id}${name}`;
}
