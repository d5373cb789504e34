/**
 * Which chunk is asked of whom. Rarest first with a random tie-break (Cohen, 2003); each source is kept as
 * busy as its rate times its delay needs, but one that has proven nothing yet gets one chunk. When nothing is
 * left to ask, what a slow source holds back is asked of a faster one too, and the loser is cancelled.
 * Pure: time (monotonic ms) and randomness are arguments.
 */
import { ChunkSet, type Ranges } from '#src/domain/content/chunk-set.js';
import type { ChunkIndex, PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { OpenChunks } from './open-chunks.js';
import { Pace } from './pace.js';

/** Another source is asked too once it would deliver in less than half the time the slow one still needs. */
const HEDGE_GAIN = 2;

/** How many unassigned chunks are compared for rarity at a time: all of them up to 16 GiB, a sample above. */
const COMPARED = 4096;

/** A source is asked again once so much of its queue is free: a message for each chunk costs more than it gains. */
const ASKED_AGAIN = 1 / 4;

/** A source that has too much to do is left alone for so long: its queue is short, and asking loads it too. */
const BUSY_MS = 1000;

type Assignment = { readonly source: PeerId; readonly fetch: readonly ChunkIndex[] };

type Cancellation = { readonly source: PeerId; readonly chunks: readonly ChunkIndex[] };

/** Short queues are kept full. */
function wantsMore({ owedCount, depth }: Pace): boolean {
  return depth - owedCount >= Math.max(1, Math.floor(depth * ASKED_AGAIN));
}

type Source = {
  readonly has: ChunkSet;
  /** How many open chunks it has: a source without any is not searched for one. */
  open: number;
  readonly pace: Pace;
  /** It has too much to do until then. */
  busyUntil: number;
};

export class Schedule {
  readonly #chunks: number;
  readonly #chunkBytes: number;
  readonly #random: () => number;
  readonly #have: ChunkSet;
  readonly #sources = new Map<PeerId, Source>();
  readonly #availability: Uint16Array;
  readonly #open: OpenChunks;

  /** @param have what is here already; it is added to. @param random from 0 to below 1. */
  constructor(chunks: number, chunkBytes: number, have: ChunkSet, random: () => number) {
    this.#chunks = chunks;
    this.#chunkBytes = chunkBytes;
    this.#random = random;
    this.#have = have;
    this.#availability = new Uint16Array(chunks);
    this.#open = new OpenChunks(chunks);
    for (let index = 0; index < chunks; index += 1) if (!have.has(index)) this.#open.add(index);
  }

  get isDone(): boolean {
    return this.#have.isFull;
  }

  /** Whether it was asked for a chunk that it has not brought yet. */
  owes(id: PeerId): boolean {
    return (this.#sources.get(id)?.pace.owedCount ?? 0) > 0;
  }

  sourceUp(id: PeerId, delayMs: number, now: number): void {
    if (this.#sources.has(id)) return;
    const pace = new Pace(this.#chunkBytes, delayMs, now);
    this.#sources.set(id, { has: new ChunkSet(this.#chunks), open: 0, pace, busyUntil: now });
  }

  /** What it owed is open to others again. */
  sourceDown(id: PeerId): void {
    const source = this.#sources.get(id);
    if (source === undefined) return;
    this.#sources.delete(id);
    for (const index of source.has.values()) this.#lessAvailable(index);
    for (const index of source.pace.owed) this.#reopenIfUnasked(index);
  }

  /** It gained these. @param ranges within the download's chunks. */
  sourceHas(id: PeerId, ranges: Ranges): void {
    const source = this.#sources.get(id);
    if (source === undefined || source.has.isFull) return;
    for (let at = 0; at + 1 < ranges.length; at += 2) {
      const first = ranges[at] ?? 0;
      const end = Math.min(this.#chunks, first + (ranges[at + 1] ?? 0));
      for (let index = first; index < end; index += 1) {
        if (!source.has.add(index)) continue;
        this.#availability[index] = (this.#availability[index] ?? 0) + 1;
        if (this.#open.has(index)) source.open += 1;
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
    this.#sources.get(id)?.pace.bring(index, bytes, now);
    const isNew = this.#have.add(index);
    this.#close(index);
    return { isNew, cancel: this.#takeBack(index, now) };
  }

  /** It does not have this chunk after all. */
  refused(id: PeerId, index: number): void {
    const source = this.#sources.get(id);
    if (source === undefined) return;
    source.pace.release(index);
    if (source.has.delete(index)) {
      this.#lessAvailable(index);
      if (this.#open.has(index)) source.open -= 1;
    }
    this.#reopenIfUnasked(index);
  }

  /** It has this chunk, but not now. */
  busy(id: PeerId, index: number, now: number): void {
    const source = this.#sources.get(id);
    if (source === undefined) return;
    source.pace.release(index);
    source.busyUntil = now + BUSY_MS;
    this.#reopenIfUnasked(index);
  }

  /** What to ask now. Call it after every event that frees or brings something. */
  next(now: number): readonly Assignment[] {
    const assignments: Assignment[] = [];
    let budget = LIMITS.bytesInFlight - this.#bytesInFlight();
    for (const [id, source] of this.#fastestFirst()) {
      if (source.busyUntil > now || !wantsMore(source.pace)) continue;
      const fetch: ChunkIndex[] = [];
      while (budget >= this.#chunkBytes && source.pace.owedCount < source.pace.depth) {
        const index = this.#rarest(source) ?? this.#hedge(id, source, now);
        if (index === undefined) break;
        this.#close(index);
        source.pace.ask(index, now);
        fetch.push(index as ChunkIndex);
        budget -= this.#chunkBytes;
      }
      if (fetch.length > 0) assignments.push({ source: id, fetch });
    }
    return assignments;
  }

  /** The source that finishes first asks first, so that the last chunks go to the fast. */
  #fastestFirst(): [PeerId, Source][] {
    return [...this.#sources].toSorted((left, right) => right[1].pace.rate - left[1].pace.rate);
  }

  #rarest(source: Source): number | undefined {
    if (source.open === 0) return undefined;
    const { count } = this.#open;
    const start = Math.floor(this.#random() * count);
    let best: number | undefined;
    let bestCopies = Number.POSITIVE_INFINITY;
    for (let step = 0; step < count; step += 1) {
      const index = this.#open.at((start + step) % count);
      const copies = this.#availability[index] ?? 0;
      if (copies < bestCopies && source.has.has(index)) {
        best = index;
        bestCopies = copies;
      }
      // Nobody else has it: none is rarer.
      if (bestCopies === 1 || (step >= COMPARED && best !== undefined)) break;
    }
    return best;
  }

  /** End game: of the chunks that all who were asked will deliver much later than this one could, the worst. */
  #hedge(id: PeerId, source: Source, now: number): number | undefined {
    if (this.#open.count > 0 && !source.pace.isProven) return undefined;
    let worst: number | undefined;
    let worstMs = source.pace.expectedMs(source.pace.owedCount + 1, now) * HEDGE_GAIN;
    for (const [index, ms] of this.#soonest(id, source, now)) {
      if (ms <= worstMs) continue;
      worst = index;
      worstMs = ms;
    }
    return worst;
  }

  /** When the chunks that others were asked for, and this source has, will be here at the soonest. */
  #soonest(id: PeerId, { has, pace }: Source, now: number): ReadonlyMap<number, number> {
    const soonest = new Map<number, number>();
    for (const [other, holder] of this.#sources) {
      if (other === id) continue;
      let place = 0;
      for (const index of holder.pace.owed) {
        place += 1;
        if (pace.owes(index) || !has.has(index)) continue;
        const theirs = holder.pace.expectedMs(place, now);
        soonest.set(index, Math.min(theirs, soonest.get(index) ?? Number.POSITIVE_INFINITY));
      }
    }
    return soonest;
  }

  #bytesInFlight(): number {
    let chunks = 0;
    for (const { pace } of this.#sources.values()) chunks += pace.owedCount;
    return chunks * this.#chunkBytes;
  }

  /** Takes a chunk back from all who still owe it. */
  #takeBack(index: number, now: number): Cancellation[] {
    const cancellations: Cancellation[] = [];
    for (const [source, { pace }] of this.#sources) {
      if (pace.loseTo(index, now)) {
        cancellations.push({ source, chunks: [index as ChunkIndex] });
      }
    }
    return cancellations;
  }

  #reopenIfUnasked(index: number): void {
    if (this.#have.has(index)) return;
    for (const { pace } of this.#sources.values()) if (pace.owes(index)) return;
    if (!this.#open.add(index)) return;
    for (const source of this.#sources.values()) if (source.has.has(index)) source.open += 1;
  }

  #close(index: number): void {
    if (!this.#open.delete(index)) return;
    for (const source of this.#sources.values()) if (source.has.has(index)) source.open -= 1;
  }

  #lessAvailable(index: number): void {
    this.#availability[index] = Math.max(0, (this.#availability[index] ?? 0) - 1);
  }
}
