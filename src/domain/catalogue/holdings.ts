/**
 * Who holds what, as far as one peer knows: its own chunks, those of the peers that are up, and so how many
 * copies of each of its chunks there are elsewhere. Knowledge of a peer ends when it goes down: a copy that
 * cannot be reached is none.
 */
import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';

export type Holding = {
  readonly id: ContentId;
  readonly name: string;
  /** Bytes of each chunk. */
  readonly lengths: Uint32Array;
  readonly have: ChunkSet;
  /** How many other peers that are up hold each chunk. */
  readonly copies: Uint16Array;
  readonly peers: Map<PeerId, ChunkSet>;
};

export class Holdings {
  readonly #contents = new Map<ContentId, Holding>();
  /** What the catalogues of the peers that are up say: chunks held of each content. */
  readonly #catalogues = new Map<PeerId, Map<ContentId, number>>();

  get contents(): Iterable<Holding> {
    return this.#contents.values();
  }

  get peers(): readonly PeerId[] {
    return [...this.#catalogues.keys()];
  }

  get(id: ContentId): Holding | undefined {
    return this.#contents.get(id);
  }

  isUp(peerId: PeerId): boolean {
    return this.#catalogues.has(peerId);
  }

  /** @param have this peer's own chunks; a later `hold` replaces them and keeps what is known of others. */
  hold(id: ContentId, name: string, lengths: Uint32Array, have: Ranges): void {
    const before = this.#contents.get(id);
    const chunks = lengths.length;
    const holding: Holding = {
      id,
      name,
      lengths,
      have: ChunkSet.from(chunks, have),
      copies: before?.copies ?? new Uint16Array(chunks),
      peers: before?.peers ?? new Map(),
    };
    this.#contents.set(id, holding);
    if (before !== undefined) return;
    for (const [peerId, catalogue] of this.#catalogues) {
      this.#applyCatalogue(peerId, holding, catalogue.get(id));
    }
  }

  letGo(id: ContentId): void {
    this.#contents.delete(id);
  }

  addOwn(id: ContentId, ranges: Ranges): void {
    this.#contents.get(id)?.have.addRanges(ranges);
  }

  peerUp(peerId: PeerId): void {
    if (!this.isUp(peerId)) this.#catalogues.set(peerId, new Map());
  }

  peerDown(peerId: PeerId): void {
    this.#catalogues.delete(peerId);
    for (const holding of this.#contents.values()) forgetPeer(holding, peerId);
  }

  /** What a catalogue says: 0 that the peer let go, all that it holds all; which of fewer, it does not say. */
  peerHolds(peerId: PeerId, id: ContentId, have: number): void {
    const catalogue = this.#catalogues.get(peerId);
    if (catalogue === undefined) return;
    const before = catalogue.get(id) ?? 0;
    if (have === 0) catalogue.delete(id);
    else catalogue.set(id, have);
    const holding = this.#contents.get(id);
    if (holding === undefined) return;
    // Fewer than it said before: which ones are left is unknown. (Fewer than we gave may only be late.)
    if (have < before) forgetPeer(holding, peerId);
    this.#applyCatalogue(peerId, holding, have);
  }

  /** What the peer itself answered just now: all it holds of this content. */
  peerTold(peerId: PeerId, id: ContentId, holds: Ranges): void {
    const holding = this.#contents.get(id);
    if (holding === undefined || !this.isUp(peerId)) return;
    forgetPeer(holding, peerId);
    const set = ChunkSet.from(holding.lengths.length, holds);
    for (const index of set.values()) addCopy(holding, index);
    holding.peers.set(peerId, set);
  }

  peerKept(peerId: PeerId, id: ContentId, index: number): void {
    const holding = this.#contents.get(id);
    if (holding === undefined || !this.isUp(peerId)) return;
    const set = holding.peers.get(peerId) ?? new ChunkSet(holding.lengths.length);
    holding.peers.set(peerId, set);
    if (set.add(index)) addCopy(holding, index);
  }

  #applyCatalogue(peerId: PeerId, holding: Holding, have: number | undefined): void {
    const chunks = holding.lengths.length;
    if (have === 0) forgetPeer(holding, peerId);
    if (have === chunks && chunks > 0) this.peerTold(peerId, holding.id, [0, chunks]);
  }
}

function forgetPeer(holding: Holding, peerId: PeerId): void {
  const set = holding.peers.get(peerId);
  if (set === undefined) return;
  for (const index of set.values()) {
    holding.copies[index] = Math.max(0, (holding.copies[index] ?? 0) - 1);
  }
  holding.peers.delete(peerId);
}

function addCopy(holding: Holding, index: number): void {
  holding.copies[index] = (holding.copies[index] ?? 0) + 1;
}
