/** What is known of one to whom a content is shown chunk by chunk. Pure; time is monotonic ms. */
import { ChunkSet } from '#src/domain/content/chunk-set.js';

/** What it had from others counts for about so long. */
const FED_MS = 500;

export type ChunkFollower = {
  /** What it says that it holds. */
  readonly holds: ChunkSet;
  readonly shown: ChunkSet;
  /** What it has asked for or holds: it needs to be shown none of these. */
  readonly taken: ChunkSet;
  /** Shown, and not taken. */
  ahead: number;
  mostAhead: number;
  seesAll: boolean;
  /** When it last asked or gained. */
  movedAt: number;
  readonly since: number;
  /** Chunks that it asked for here. */
  fromHere: number;
  /** Chunks that it had from others, each the less the longer that is ago, as of `fedAt`. */
  fed: number;
  fedAt: number;
};

export function newFollower(chunks: number, mostAhead: number, now: number): ChunkFollower {
  return {
    holds: new ChunkSet(chunks),
    shown: new ChunkSet(chunks),
    taken: new ChunkSet(chunks),
    ahead: 0,
    mostAhead,
    seesAll: false,
    movedAt: now,
    since: now,
    fromHere: 0,
    fed: 0,
    fedAt: now,
  };
}

/** It had so many chunks from others just now. */
export function feed(follower: ChunkFollower, chunks: number, now: number): void {
  follower.fed = fedPerMs(follower, now) * FED_MS + chunks;
  follower.fedAt = now;
}

/** @returns how many chunks it has a ms from others, of late. */
export function fedPerMs({ fed, fedAt }: ChunkFollower, now: number): number {
  return (fed * Math.exp((fedAt - now) / FED_MS)) / FED_MS;
}
