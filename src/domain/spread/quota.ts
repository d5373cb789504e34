/**
 * What distributed chunks may cost this peer, and what to give up when room is needed. Counted by file, since
 * two contents may share one, and charged to the peer that brought it: no peer gets more than a quarter.
 */
import { ChunkSet } from '#src/domain/content/chunk-set.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { KiB, MiB } from '#src/domain/limits.js';

/**
 * The least a file costs: its block, inode, directory entry, log record and our memory. So a swarm of tiny
 * chunks runs into the quota before it runs us out of any of these.
 */
const LEAST_FILE_BYTES = 16 * KiB;

/** One peer's part of the quota. */
const SHARE_OF_ONE_PEER = 4;

/** Never take a disk's last bytes: the larger of one per cent and this much stays free. */
const FLOOR_BYTES = 512 * MiB;
const FLOOR_PART = 100;

/** With fewer others holding some of a content, giving it up could be its end. */
const FEWEST_OTHER_HOLDERS = 2;

type File = { refs: number; readonly cost: number; readonly giver: PeerId };

export class Quota {
  readonly #limit: number;
  readonly #files = new Map<string, File>();
  readonly #byGiver = new Map<PeerId, number>();
  #used = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get used(): number {
    return this.#used;
  }

  /** Bytes left in all, before anything is given up. */
  get free(): number {
    return this.#limit - this.#used;
  }

  has(file: string): boolean {
    return this.#files.has(file);
  }

  usedBy(giver: PeerId): number {
    return this.#byGiver.get(giver) ?? 0;
  }

  /** Bytes left of the part that one peer may fill. */
  freeFor(giver: PeerId): number {
    return Math.floor(this.#limit / SHARE_OF_ONE_PEER) - this.usedBy(giver);
  }

  /** One more content needs this file; the first to bring it is charged. */
  add(file: string, bytes: number, giver: PeerId): void {
    const known = this.#files.get(file);
    if (known !== undefined) {
      known.refs += 1;
      return;
    }
    const cost = costOf(bytes);
    this.#files.set(file, { refs: 1, cost, giver });
    this.charge(giver, cost);
  }

  /** One content less needs it. @returns whether none does now: delete it. */
  drop(file: string): boolean {
    const known = this.#files.get(file);
    if (known === undefined) return false;
    known.refs -= 1;
    if (known.refs > 0) return false;
    this.#files.delete(file);
    this.charge(known.giver, -known.cost);
    return true;
  }

  /** What is promised or kept beside files: reservations, manifests. Negative to take it back. */
  charge(giver: PeerId, bytes: number): void {
    this.#used += bytes;
    const used = this.usedBy(giver) + bytes;
    if (used > 0) this.#byGiver.set(giver, used);
    else this.#byGiver.delete(giver);
  }
}

/** What keeping a file of so many bytes is counted as. */
export function costOf(bytes: number): number {
  return Math.max(bytes, LEAST_FILE_BYTES);
}

/** Bytes a disk can take before its floor is reached. */
export function roomOnDisk(freeBytes: number, totalBytes: number): number {
  return Math.max(0, freeBytes - Math.max(FLOOR_BYTES, Math.floor(totalBytes / FLOOR_PART)));
}

export type Evictable = {
  readonly id: ContentId;
  /** Other peers that hold some of it. */
  readonly holders: number;
  readonly bytes: number;
  /** Somebody is giving us more of it right now. */
  readonly isBusy: boolean;
};

/** What may be given up, the most replicated first; among equals the largest, so that few have to go. */
export function evictionOrder<T extends Evictable>(contents: Iterable<T>): readonly T[] {
  return [...contents]
    .filter(({ holders, isBusy }) => holders >= FEWEST_OTHER_HOLDERS && !isBusy)
    .toSorted((a, b) => b.holders - a.holders || b.bytes - a.bytes || (a.id < b.id ? -1 : 1));
}

/** @returns the first of the offered chunks not held whose costs fit into `room`. */
export function affordable(
  offered: ChunkSet,
  held: ChunkSet | undefined,
  costOfChunk: (index: number) => number,
  room: number,
): ChunkSet {
  const wanted = new ChunkSet(offered.size);
  let left = room;
  for (const index of offered.values()) {
    if (held?.has(index) === true) continue;
    const cost = costOfChunk(index);
    if (cost > left) break;
    left -= cost;
    wanted.add(index);
  }
  return wanted;
}
