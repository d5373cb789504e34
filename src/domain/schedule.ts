/**
 * Which chunk is asked of whom. Rarest first with a random tie-break (Cohen, 2003); each source is kept as
 * busy as its rate times its delay needs, but one that has proven nothing yet gets one chunk. When nothing is
 * left to ask, what a slow source holds back is asked of a faster one too, and the loser is cancelled.
 * Pure: time (monotonic ms) and randomness are arguments.
 */
import { ChunkSet, type Ranges } from './chunk-set.js';
import type { ChunkIndex, PeerId } from './ids.js';
import { LIMITS } from './limits.js';

/** A source's queue covers its delay and this much more, so that a late scheduler never leaves it idle. */
const SLACK_MS = 50;

/** Two chunks asked hide the round trip between them whatever the rate. */
const SHALLOWEST = 2;

/** How much the newest measurement counts: a rate settles within about five chunks. */
const RATE_WEIGHT = 0.3;

/** Another source is asked too once it would deliver in less than half the time the slow one still needs. */
const HEDGE_GAIN = 2;

/** How many unassigned chunks are compared for rarity at a time: all of them up to 16 GiB, a sample above. */
const COMPARED = 4096;

export type Assignment = {
  readonly source: PeerId;
  readonly fetch: readonly ChunkIndex[];
};

export type Cancellation = { readonly source: PeerId; readonly chunks: readonly ChunkIndex[] };

type Source = {
  readonly has: ChunkSet;
  /** Chunks asked of it and when. */
  readonly asked: Map<number, number>;
  readonly delayMs: number;
  /** Bytes per ms, 0 until measured. */
  rate: number;
  proven: number;
  lastStored: number;
};

export class Schedule {
  readonly #chunks: number;
  readonly #chunkBytes: number;
  readonly #random: () => number;
  readonly #have: ChunkSet;
  readonly #sources = new Map<PeerId, Source>();
  readonly #availability: Uint16Array;
  /** Chunks neither here nor asked of anybody, in no order; `#position` says where each stands. */
  readonly #open: Uint32Array;
  readonly #position: Int32Array;
  #openCount = 0;

  /** @param have what is here already. @param random from 0 to below 1. */
  constructor(chunks: number, chunkBytes: number, have: ChunkSet, random: () => number) {
    this.#chunks = chunks;
    this.#chunkBytes = chunkBytes;
    this.#random = random;
    this.#have = have;
    this.#availability = new Uint16Array(chunks);
    this.#open = new Uint32Array(chunks);
    this.#position = new Int32Array(chunks).fill(-1);
    for (let index = 0; index < chunks; index += 1) if (!have.has(index)) this.#reopen(index);
  }

  get isDone(): boolean {
    return this.#have.isFull;
  }

  get sources(): readonly PeerId[] {
    return [...this.#sources.keys()];
  }

  /** Whether some known source has a chunk that is missing here. */
  get hasHope(): boolean {
    for (const source of this.#sources.values()) {
      if (source.asked.size > 0) return true;
      for (let at = 0; at < this.#openCount; at += 1) {
        if (source.has.has(this.#open[at] ?? 0)) return true;
      }
    }
    return false;
  }

  sourceUp(id: PeerId, delayMs: number, now: number): void {
    if (this.#sources.has(id)) return;
    const has = new ChunkSet(this.#chunks);
    const asked = new Map<number, number>();
    this.#sources.set(id, { has, asked, delayMs, rate: 0, proven: 0, lastStored: now });
  }

  /** @returns the chunks it owed, now open to others. */
  sourceDown(id: PeerId): void {
    const source = this.#sources.get(id);
    if (source === undefined) return;
    this.#sources.delete(id);
    for (const index of source.has.values()) this.#lessAvailable(index);
    for (const index of source.asked.keys()) this.#reopenIfUnasked(index);
  }

  /** It gained these. @param ranges within the download's chunks. */
  sourceHas(id: PeerId, ranges: Ranges): void {
    const source = this.#sources.get(id);
    if (source === undefined) return;
    for (let at = 0; at + 1 < ranges.length; at += 2) {
      const first = ranges[at] ?? 0;
      const end = Math.min(this.#chunks, first + (ranges[at + 1] ?? 0));
      for (let index = first; index < end; index += 1) {
        if (source.has.add(index)) this.#availability[index] = (this.#availability[index] ?? 0) + 1;
      }
    }
  }

  /**
   * A chunk is here, proven. `isNew` is false for the loser of a race.
   * @returns who else was asked for it and can be told to stop.
   */
  stored(
    id: PeerId,
    index: number,
    bytes: number,
    now: number,
  ): { readonly isNew: boolean; readonly cancel: readonly Cancellation[] } {
    const source = this.#sources.get(id);
    if (source !== undefined) measure(source, index, bytes, now);
    const isNew = this.#have.add(index);
    this.#close(index);
    return { isNew, cancel: this.#askedOf(index, id) };
  }

  /** It does not have this chunk after all. */
  refused(id: PeerId, index: number): void {
    const source = this.#sources.get(id);
    if (source === undefined) return;
    source.asked.delete(index);
    if (source.has.delete(index)) this.#lessAvailable(index);
    this.#reopenIfUnasked(index);
  }

  /** A cancelled chunk will not come any more. */
  cancelled(id: PeerId, index: number): void {
    this.#sources.get(id)?.asked.delete(index);
    this.#reopenIfUnasked(index);
  }

  /** What to ask now. Call it after every event that frees or brings something. */
  next(now: number): readonly Assignment[] {
    const assignments: Assignment[] = [];
    let budget = LIMITS.bytesInFlight - this.#bytesInFlight();
    for (const [id, source] of this.#fastestFirst()) {
      const fetch: ChunkIndex[] = [];
      while (budget >= this.#chunkBytes && source.asked.size < this.#depth(source)) {
        const index = this.#rarest(source) ?? this.#hedge(id, source, now);
        if (index === undefined) break;
        this.#close(index);
        source.asked.set(index, now);
        fetch.push(index as ChunkIndex);
        budget -= this.#chunkBytes;
      }
      if (fetch.length > 0) assignments.push({ source: id, fetch });
    }
    return assignments;
  }

  /** How many chunks a source may owe: its rate times its delay and some slack, within the limits. */
  #depth(source: Source): number {
    if (source.proven === 0) return 1;
    const needed = Math.ceil((source.rate * (source.delayMs + SLACK_MS)) / this.#chunkBytes) + 1;
    const inBytes = Math.floor(LIMITS.bytesInFlightPerPeer / this.#chunkBytes);
    return Math.max(SHALLOWEST, Math.min(needed, inBytes, LIMITS.chunksInFlight));
  }

  /** The source that finishes first asks first, so that the last chunks go to the fast. */
  #fastestFirst(): [PeerId, Source][] {
    return [...this.#sources].toSorted((left, right) => right[1].rate - left[1].rate);
  }

  #rarest(source: Source): number | undefined {
    if (this.#openCount === 0) return undefined;
    const start = Math.floor(this.#random() * this.#openCount);
    let best: number | undefined;
    let bestCount = Number.POSITIVE_INFINITY;
    const compared = Math.min(this.#openCount, COMPARED);
    for (let step = 0; step < this.#openCount; step += 1) {
      const index = this.#open[(start + step) % this.#openCount] ?? 0;
      const count = this.#availability[index] ?? 0;
      if (count < bestCount && source.has.has(index)) {
        best = index;
        bestCount = count;
      }
      if (step >= compared && best !== undefined) break;
    }
    return best;
  }

  /** End game: a chunk that its one asked source will deliver much later than this one could. */
  #hedge(id: PeerId, source: Source, now: number): number | undefined {
    if (this.#openCount > 0 && source.proven === 0) return undefined;
    const ours = this.#expectedMs(source, source.asked.size + 1, now);
    let worst: number | undefined;
    let worstMs = ours * HEDGE_GAIN;
    for (const [other, holder] of this.#sources) {
      if (other === id) continue;
      let place = 0;
      for (const index of holder.asked.keys()) {
        place += 1;
        const theirs = this.#expectedMs(holder, place, now);
        if (theirs <= worstMs || !source.has.has(index) || this.#askedCount(index) > 1) continue;
        worst = index;
        worstMs = theirs;
      }
    }
    return worst;
  }

  /** How long until a source delivers its `place`-th chunk from now, by what it last did: silence slows it. */
  #expectedMs(source: Source, place: number, now: number): number {
    const silentMs = Math.max(1, now - source.lastStored);
    const stalled = this.#chunkBytes / silentMs;
    const rate =
      source.asked.size > 0 && source.rate > 0 ? Math.min(source.rate, stalled * 4) : source.rate;
    return rate > 0 ? (place * this.#chunkBytes) / rate : Math.max(SLACK_MS, silentMs) * place;
  }

  #bytesInFlight(): number {
    let chunks = 0;
    for (const source of this.#sources.values()) chunks += source.asked.size;
    return chunks * this.#chunkBytes;
  }

  #askedCount(index: number): number {
    let count = 0;
    for (const source of this.#sources.values()) if (source.asked.has(index)) count += 1;
    return count;
  }

  #askedOf(index: number, except: PeerId): Cancellation[] {
    const cancellations: Cancellation[] = [];
    for (const [id, source] of this.#sources) {
      if (id === except || !source.asked.has(index)) continue;
      source.asked.delete(index);
      cancellations.push({ source: id, chunks: [index as ChunkIndex] });
    }
    return cancellations;
  }

  #reopenIfUnasked(index: number): void {
    if (!this.#have.has(index) && this.#askedCount(index) === 0) this.#reopen(index);
  }

  #reopen(index: number): void {
    if ((this.#position[index] ?? -1) >= 0) return;
    this.#open[this.#openCount] = index;
    this.#position[index] = this.#openCount;
    this.#openCount += 1;
  }

  #close(index: number): void {
    const position = this.#position[index] ?? -1;
    if (position < 0) return;
    this.#openCount -= 1;
    const last = this.#open[this.#openCount] ?? 0;
    this.#open[position] = last;
    this.#position[last] = position;
    this.#position[index] = -1;
  }

  #lessAvailable(index: number): void {
    this.#availability[index] = Math.max(0, (this.#availability[index] ?? 0) - 1);
  }
}

/** A source works on one chunk after another: the time since its last one, or since it was asked, is this one's. */
function measure(source: Source, index: number, bytes: number, now: number): void {
  const asked = source.asked.get(index);
  source.asked.delete(index);
  source.proven += 1;
  if (asked === undefined) return;
  const tookMs = Math.max(0.1, now - Math.max(asked, source.lastStored));
  const rate = bytes / tookMs;
  source.rate = source.rate === 0 ? rate : source.rate + RATE_WEIGHT * (rate - source.rate);
  source.lastStored = now;
}
