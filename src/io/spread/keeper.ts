/**
 * Keeps what other peers give: decides what is taken within the quota, writes what has proven itself, gives up
 * the most replicated when room is needed, and knows after a restart what it kept. One thing at a time: the
 * disk is one, and no two givers are promised the same room.
 */
import { ChunkSet, parseRanges, type Ranges } from '#src/domain/content/chunk-set.js';
import { toHex } from '#src/domain/content/hash.js';
import { chunkLength } from '#src/domain/content/layout.js';
import { chunkHashOf, isChunk, type Manifest } from '#src/domain/content/manifest.js';
import { P2pError } from '#src/domain/errors.js';
import type { ChunkIndex, ContentId, PeerId } from '#src/domain/ids.js';
import { LIMITS, MiB } from '#src/domain/limits.js';
import { affordable, costOf, evictionOrder, Quota } from '#src/domain/spread/quota.js';
import { blake3Of } from '#src/io/content/blake3.js';
import type { ManifestStore } from '#src/io/content/manifest-store.js';
import { KeptContents, type KeptNews } from './kept-contents.js';

/** A list in a frame has at most 1,024 numbers, two for each run. */
const MOST_RUNS = LIMITS.elements / 2;

/** Promised to one session at once: a whole round of a giver, little enough that promises fill no quota. */
const MOST_PLEDGED_BYTES = 64 * MiB;

/** As many as could be promised without knowing how long they are. */
const UNPROVEN_CHUNKS = MOST_PLEDGED_BYTES / LIMITS.chunkBytes;

export type Offer = {
  readonly giver: PeerId;
  readonly id: ContentId;
  readonly name: string;
  readonly ranges: Ranges;
};

export type Consideration =
  | { readonly type: 'refused'; readonly reason: 'full' | 'denied' }
  | {
      readonly type: 'want';
      readonly ranges: Ranges;
      readonly holds: Ranges;
      readonly manifest: Manifest | undefined;
      readonly needsManifest: boolean;
      readonly pledge: Pledge;
    };

/** Room promised to a giver; hold it no longer than it gives. */
export type Pledge = {
  readonly offer: Offer;
  readonly wanted: ChunkSet;
  /** What was set aside for a chunk. */
  readonly costOfChunk: (index: number) => number;
};

export class Keeper {
  readonly #contents: KeptContents;
  readonly #manifests: ManifestStore;
  readonly #emit: (event: KeptNews) => void;
  readonly #quota: Quota;
  readonly #holders = new Map<ContentId, number>();
  readonly #owned = new Set<ContentId>();
  readonly #pledges = new Set<Pledge>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param root the chunk store's folder. @param emit hears what is kept and given up. */
  constructor(
    root: string,
    manifests: ManifestStore,
    quotaBytes: number,
    emit: (event: KeptNews) => void,
  ) {
    this.#manifests = manifests;
    this.#quota = new Quota(quotaBytes);
    this.#contents = new KeptContents(root, manifests, this.#quota, emit);
    this.#emit = emit;
  }

  setHolders(id: ContentId, count: number): void {
    if (count > 0) this.#holders.set(id, count);
    else this.#holders.delete(id);
  }

  setOwned(id: ContentId, isOwned: boolean): void {
    if (isOwned) this.#owned.add(id);
    else this.#owned.delete(id);
  }

  /** Reads what earlier lives kept; nothing is taken before. */
  load(): Promise<void> {
    return this.#inTurn(() => this.#contents.load());
  }

  /**
   * @param known the manifest, where the giver has just brought it.
   * @throws P2pError `protocol` if it offers chunks that there are not.
   */
  consider(offer: Offer, known?: Manifest): Promise<Consideration> {
    return this.#inTurn(async () => {
      const stored = await this.#manifests.read(offer.id);
      const manifest = stored ?? known;
      const size = manifest?.layout.chunks ?? LIMITS.chunks;
      if (parseRanges(offer.ranges, size) === undefined) {
        throw new P2pError('protocol', 'it offers chunks that there are not');
      }
      if (this.#owned.has(offer.id)) return this.#wantNothing(offer, manifest);
      return this.#want(offer, manifest, stored === undefined ? manifest : undefined);
    });
  }

  /**
   * Keeps a chunk that was pledged for, if it is what the manifest says.
   * @throws system errors: the disk refuses.
   */
  keep(
    pledge: Pledge,
    manifest: Manifest,
    index: number,
    bytes: Uint8Array,
  ): Promise<'kept' | 'wrong' | 'full'> {
    return this.#inTurn(async () => {
      if (!isChunk(manifest, index, bytes, blake3Of)) return 'wrong';
      this.#redeem(pledge, index);
      const { offer } = pledge;
      if (this.#contents.get(offer.id)?.have.has(index) === true) return 'kept';
      const hash = toHex(chunkHashOf(manifest, index));
      const chunk = { index, bytes: bytes.length, giver: offer.giver, hash };
      if (!(await this.#makeRoom(offer, await this.#contents.costOf(manifest, chunk))))
        return 'full';
      await this.#contents.add(offer.name, manifest, chunk, bytes);
      this.#emit(chunkKept(offer, index));
      return 'kept';
    });
  }

  /** The giver is done: what was set aside and not used is free again. */
  release(pledge: Pledge): void {
    if (!this.#pledges.delete(pledge)) return;
    for (const index of pledge.wanted.values()) {
      this.#quota.charge(pledge.offer.giver, -pledge.costOfChunk(index));
    }
  }

  #wantNothing(offer: Offer, manifest: Manifest | undefined): Consideration {
    const chunks = manifest?.layout.chunks;
    const all = chunks === undefined ? offer.ranges : ChunkSet.full(chunks).toRanges();
    const pledge = { offer, wanted: new ChunkSet(0), costOfChunk: () => 0 };
    return { type: 'want', ranges: [], holds: all, manifest, needsManifest: false, pledge };
  }

  async #want(
    offer: Offer,
    manifest: Manifest | undefined,
    brought: Manifest | undefined,
  ): Promise<Consideration> {
    const held = this.#contents.get(offer.id)?.have;
    const ranges = manifest === undefined ? firstOf(offer.ranges) : offer.ranges;
    const offered = ChunkSet.from(endOf(ranges), ranges);
    const missing = isSomeMissing(offered, held);
    // Without the manifest a chunk may be as long as any.
    const costOfChunk = (index: number) =>
      manifest === undefined ? LIMITS.chunkBytes : costOf(lengthOf(manifest, index));
    const room = await this.#room(offer, brought);
    const most = Math.min(room, MOST_PLEDGED_BYTES);
    const fitting = affordable(offered, held, costOfChunk, most).toRanges(MOST_RUNS);
    const isWorthless = manifest === undefined ? room < costOf(0) : fitting.length === 0;
    if (missing && isWorthless) return { type: 'refused', reason: 'full' };
    const pledge = this.#promise(offer, ChunkSet.from(offered.size, fitting), costOfChunk);
    const holds = held?.toRanges(MOST_RUNS) ?? [];
    const needsManifest = manifest === undefined;
    return { type: 'want', ranges: fitting, holds, manifest, needsManifest, pledge };
  }

  /** Bytes this giver may still bring, counting what could be given up for it. */
  async #room(offer: Offer, brought: Manifest | undefined): Promise<number> {
    const evictable = this.#evictable(offer.id).reduce((sum, { bytes }) => sum + bytes, 0);
    const inAll = Math.min(this.#quota.free, await this.#contents.room()) + evictable;
    const room = Math.min(inAll, this.#quota.freeFor(offer.giver));
    const isNew = brought !== undefined && this.#contents.get(offer.id) === undefined;
    return isNew ? room - costOf(brought.file.length) : room;
  }

  #promise(offer: Offer, wanted: ChunkSet, costOfChunk: (index: number) => number): Pledge {
    const pledge = { offer, wanted, costOfChunk };
    for (const index of wanted.values()) this.#quota.charge(offer.giver, costOfChunk(index));
    this.#pledges.add(pledge);
    return pledge;
  }

  #redeem(pledge: Pledge, index: number): void {
    if (!this.#pledges.has(pledge) || !pledge.wanted.delete(index)) return;
    this.#quota.charge(pledge.offer.giver, -pledge.costOfChunk(index));
  }

  async #makeRoom(offer: Offer, cost: number): Promise<boolean> {
    if (this.#quota.freeFor(offer.giver) < cost) return false;
    for (const content of this.#evictable(offer.id)) {
      if (await this.#fits(cost)) return true;
      await this.#contents.evict(content.id);
    }
    return this.#fits(cost);
  }

  async #fits(cost: number): Promise<boolean> {
    return this.#quota.free >= cost && (await this.#contents.room()) >= cost;
  }

  #evictable(except: ContentId): readonly { readonly id: ContentId; readonly bytes: number }[] {
    const busy = new Set([...this.#pledges].map(({ offer }) => offer.id)).add(except);
    return evictionOrder(
      [...this.#contents.values()].map(({ id, bytes }) => ({
        id,
        bytes,
        holders: this.#holders.get(id) ?? 0,
        isBusy: busy.has(id),
      })),
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function chunkKept({ id, giver }: Offer, index: number): KeptNews {
  return { type: 'chunk-kept', id, index: index as ChunkIndex, from: giver };
}

function lengthOf(manifest: Manifest, index: number): number {
  return chunkLength(manifest.layout, manifest.entries, index);
}

function isSomeMissing(offered: ChunkSet, held: ChunkSet | undefined): boolean {
  for (const index of offered.values()) if (held?.has(index) !== true) return true;
  return false;
}

/** The start of an offer that nothing has proven yet: its claims are to cost us little. */
function firstOf([first, count]: Ranges): Ranges {
  return first === undefined || count === undefined
    ? []
    : [first, Math.min(count, UNPROVEN_CHUNKS)];
}

function endOf(ranges: Ranges): number {
  return (ranges.at(-2) ?? 0) + (ranges.at(-1) ?? 0);
}
