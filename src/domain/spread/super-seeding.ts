/**
 * Which chunks of a content that is whole here are shown to whom, while several fetch it (after super-seeding, BEP 16).
 * Each is shown to one of them first, so that it need not be sent twice as long as another could be sent for the
 * first time: the others have it from that one. Every follower has a few before it that it may ask for, so whoever
 * takes faster is shown more, and nobody ever waits for ever: once all have been shown, whoever the others do not feed
 * well is shown what it lacks, first what the fewest have. One that follows alone sees all. What followers say about themselves changes the order
 * in which chunks are shown, and nothing else. Pure: time (monotonic ms) and randomness are arguments.
 */

import type { Ranges } from '#src/domain/content/chunk-set.js';
import { type ChunkFollower, fedPerMs, feed, newFollower } from './chunk-follower.js';

/** A content in fewer pieces is with everybody before they have found each other. */
const FEWEST_CHUNKS = 16;

/** 256 GiB: looking for the next chunk takes a millisecond at worst. A larger content is shown whole. */
const MOST_CHUNKS = 65_536;

/** Chunks before a follower that it has not asked for: two hide the way there and back, and few lie with the slow. */
const SHOWN_AHEAD = 2;

/** Whoever fetches alone for so long sees all. Those who are told of a content at one moment come within this time. */
const ALONE_MS = 250;

/**
 * So long a chunk belongs to whom it was shown first, where nobody has it yet: at 256 KiB/s the four that it may owe
 * arrive, if they are that small. Only the last ones wait for it at all.
 */
const FIRST_MS = 4000;

/** A follower that neither asks nor gains for so long is shown more: what it was shown others may have promised it. */
const STILL_MS = 2000;

/**
 * The others feed one well that has chunks of them at least half as fast as anybody ever had from here: less, and our own
 * line is the better one, as where all of them send slowly.
 */
const FED_SHARE = 1 / 2;

/** What is to be told to whom: chunks that it may ask for from now on. */
export type Show<Key> = { readonly to: Key; readonly ranges: Ranges };

/** @returns whether a content of so many chunks is shown one by one. */
export function isSuperSeeded(chunks: number): boolean {
  return chunks >= FEWEST_CHUNKS && chunks <= MOST_CHUNKS;
}

export class SuperSeeding<Key> {
  readonly #chunks: number;
  readonly #random: () => number;
  readonly #followers = new Map<Key, ChunkFollower>();
  /** To how many of those who do not see all each chunk was shown, and how many say that they hold it. */
  readonly #shown: Uint16Array;
  readonly #holders: Uint16Array;
  /** When each was shown for the first time: only once does it belong to anybody. */
  readonly #firstAt: Float64Array;
  #aloneSince = 0;

  /** @param random from 0 to below 1. */
  constructor(chunks: number, random: () => number) {
    this.#chunks = chunks;
    this.#random = random;
    this.#shown = new Uint16Array(chunks);
    this.#holders = new Uint16Array(chunks);
    this.#firstAt = new Float64Array(chunks).fill(Number.POSITIVE_INFINITY);
  }

  get isFollowed(): boolean {
    return this.#followers.size > 0;
  }

  /** @param holds what it says to hold, within the chunks. @returns what it is shown, maybe nothing yet. */
  follow(key: Key, holds: Ranges, now: number): Ranges {
    const follower = newFollower(this.#chunks, SHOWN_AHEAD, now);
    this.#followers.set(key, follower);
    this.#aloneSince = now;
    this.#hold(follower, holds);
    return this.#fill(follower, now);
  }

  /** It follows no more, however that came. What it was shown and did not get nobody was shown. */
  unfollow(key: Key, now: number): void {
    const follower = this.#followers.get(key);
    if (follower === undefined) return;
    this.#followers.delete(key);
    this.#aloneSince = now;
    for (const index of follower.shown.values()) {
      if (!follower.holds.has(index)) this.#count(this.#shown, index, -1);
    }
    for (const index of follower.holds.values()) this.#count(this.#holders, index, -1);
  }

  /** @returns whether it was shown this chunk, which it asks for. */
  mayAsk(key: Key, index: number): boolean {
    const follower = this.#followers.get(key);
    return follower !== undefined && (follower.seesAll || follower.shown.has(index));
  }

  /** It asked for a chunk that it may ask for. @returns what it is shown now. */
  asked(key: Key, index: number, now: number): Ranges {
    const follower = this.#followers.get(key);
    if (follower === undefined) return [];
    follower.movedAt = now;
    follower.fromHere += 1;
    if (follower.seesAll && follower.shown.add(index)) this.#noteShown(index, now);
    else this.#take(follower, index);
    return this.#fill(follower, now);
  }

  /** It says that it holds these too. @returns what it is shown now. */
  holds(key: Key, ranges: Ranges, now: number): Ranges {
    const follower = this.#followers.get(key);
    if (follower === undefined) return [];
    follower.movedAt = now;
    const gained = this.#hold(follower, ranges);
    feed(follower, gained, now);
    return this.#fill(follower, now);
  }

  /** Time has passed. */
  tick(now: number): readonly Show<Key>[] {
    const shows: Show<Key>[] = [];
    for (const [key, follower] of this.#followers) {
      const ranges = this.#tick(follower, now);
      if (ranges.length > 0) shows.push({ to: key, ranges });
    }
    return shows;
  }

  #tick(follower: ChunkFollower, now: number): Ranges {
    if (follower.seesAll) return [];
    if (this.#followers.size === 1 && now - this.#aloneSince >= ALONE_MS) {
      return this.#showAll(follower);
    }
    if (now - follower.movedAt >= STILL_MS) {
      follower.movedAt = now;
      follower.mostAhead = follower.ahead + SHOWN_AHEAD;
    }
    return this.#fill(follower, now);
  }

  /** From here on it may ask for any: what was shown to it alone is nobody's. */
  #showAll(follower: ChunkFollower): Ranges {
    for (const index of follower.shown.values()) {
      if (follower.taken.has(index)) continue;
      this.#count(this.#shown, index, -1);
      follower.shown.delete(index);
    }
    follower.seesAll = true;
    return [0, this.#chunks];
  }

  /** @returns how many of these it did not ask for here. */
  #hold(follower: ChunkFollower, ranges: Ranges): number {
    let gained = 0;
    for (let at = 0; at + 1 < ranges.length; at += 2) {
      const first = ranges[at] ?? 0;
      const end = first + (ranges[at + 1] ?? 0);
      for (let index = first; index < end; index += 1) {
        if (!follower.holds.add(index)) continue;
        this.#count(this.#holders, index, 1);
        if (this.#take(follower, index)) gained += 1;
      }
    }
    return gained;
  }

  /** @returns whether it is the first time. */
  #take(follower: ChunkFollower, index: number): boolean {
    if (!follower.taken.add(index)) return false;
    if (follower.seesAll || !follower.shown.has(index)) return true;
    follower.ahead -= 1;
    follower.mostAhead = SHOWN_AHEAD;
    return true;
  }

  #isFed(follower: ChunkFollower, now: number): boolean {
    let best = 0;
    for (const { fromHere, since } of this.#followers.values()) {
      best = Math.max(best, fromHere / Math.max(1, now - since));
    }
    return fedPerMs(follower, now) >= FED_SHARE * best;
  }

  #fill(follower: ChunkFollower, now: number): Ranges {
    const chunks: number[] = [];
    while (!follower.seesAll && follower.ahead < follower.mostAhead) {
      const index = this.#next(follower, now);
      if (index === undefined) break;
      follower.shown.add(index);
      follower.ahead += 1;
      this.#noteShown(index, now);
      chunks.push(index);
    }
    return chunks.toSorted((left, right) => left - right).flatMap((index) => [index, 1]);
  }

  #noteShown(index: number, now: number): void {
    this.#count(this.#shown, index, 1);
    this.#firstAt[index] = Math.min(now, this.#firstAt[index] ?? now);
  }

  /** Of what it lacks, what was shown to the fewest; of those, what the fewest hold; of those, any. */
  #next(follower: ChunkFollower, now: number): number | undefined {
    const { shown, taken } = follower;
    const isFed = this.#isFed(follower, now);
    const start = Math.floor(this.#random() * this.#chunks);
    let best: number | undefined;
    let bestShown = 0;
    let bestHolders = 0;
    for (let step = 0; step < this.#chunks; step += 1) {
      const index = (start + step) % this.#chunks;
      if (shown.has(index) || taken.has(index)) continue;
      const times = this.#shown[index] ?? 0;
      const holders = this.#holders[index] ?? 0;
      if (times > 0 && holders > 0 && isFed) continue;
      if (times > 0 && holders === 0 && now - (this.#firstAt[index] ?? 0) < FIRST_MS) continue;
      const isBetter = times < bestShown || (times === bestShown && holders < bestHolders);
      if (best !== undefined && !isBetter) continue;
      best = index;
      bestShown = times;
      bestHolders = holders;
      if (times === 0 && holders === 0) break;
    }
    return best;
  }

  #count(counts: Uint16Array, index: number, by: number): void {
    counts[index] = (counts[index] ?? 0) + by;
  }
}
