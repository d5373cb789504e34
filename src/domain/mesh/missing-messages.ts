/** Messages that neighbours have and that have not come: who has them, and when to ask for them. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import type { MessageId } from './broadcast-message.js';

/** Until then it may still come by itself: four times there and back, and no less than timers and threads jitter. */
const FIRST_ROUND_TRIPS = 4;
const FIRST_MS = 50;
/** Whoever was asked has so long to answer, then the next is. */
const NEXT_ROUND_TRIPS = 2;
const NEXT_MS = 25;
/** A slow neighbour holds nobody up for longer. */
const LONGEST_MS = 2000;

/** Who announces what never comes has no more than this from us. */
const MOST = 4096;
const MOST_OF_ONE = 1024;

type Missing = {
  /** Those who have it and were not asked yet, and over how many links it came to them. */
  readonly announcers: Map<PeerId, number>;
  /** All who ever said that they have it. */
  readonly all: Map<PeerId, number>;
  askAt: number;
};

const NOBODY: ReadonlyMap<PeerId, number> = new Map();

export class MissingMessages {
  readonly #roundTripMs: (peer: PeerId) => number;
  readonly #missing = new Map<MessageId, Missing>();
  readonly #countOf = new Map<PeerId, number>();

  constructor(roundTripMs: (peer: PeerId) => number) {
    this.#roundTripMs = roundTripMs;
  }

  get size(): number {
    return this.#missing.size;
  }

  get dueAt(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const { askAt } of this.#missing.values()) due = Math.min(due, askAt);
    return due;
  }

  add(id: MessageId, peer: PeerId, round: number, now: number): void {
    const known = this.#missing.get(id);
    if (known?.all.has(peer)) return;
    const count = this.#countOf.get(peer) ?? 0;
    if (count >= MOST_OF_ONE || (known === undefined && this.#missing.size >= MOST)) return;
    this.#countOf.set(peer, count + 1);
    const missing = known ?? { announcers: new Map(), all: new Map(), askAt: 0 };
    missing.announcers.set(peer, round);
    missing.all.set(peer, round);
    if (known === undefined || missing.askAt === Number.POSITIVE_INFINITY) {
      missing.askAt = now + this.#wait(peer, FIRST_MS, FIRST_ROUND_TRIPS);
    }
    this.#missing.set(id, missing);
  }

  /** It is there. @returns who said that they have it, and over how many links it came to them. */
  found(id: MessageId): ReadonlyMap<PeerId, number> {
    const missing = this.#missing.get(id);
    if (missing === undefined) return NOBODY;
    this.#missing.delete(id);
    for (const peer of missing.all.keys()) this.#discount(peer);
    return missing.all;
  }

  forgetPeer(peer: PeerId): void {
    this.#countOf.delete(peer);
    for (const [id, { announcers, all }] of this.#missing) {
      announcers.delete(peer);
      all.delete(peer);
      if (all.size === 0) this.#missing.delete(id);
    }
  }

  /** @returns whom to ask for what, each now. */
  due(now: number): readonly { readonly id: MessageId; readonly peer: PeerId }[] {
    const due: { id: MessageId; peer: PeerId }[] = [];
    for (const [id, missing] of this.#missing) {
      if (now < missing.askAt) continue;
      const [peer] = missing.announcers.keys();
      if (peer === undefined) {
        // All were asked: history brings it, or somebody who says anew that he has it.
        this.found(id);
        continue;
      }
      missing.announcers.delete(peer);
      missing.askAt = now + this.#wait(peer, NEXT_MS, NEXT_ROUND_TRIPS);
      due.push({ id, peer });
    }
    return due;
  }

  #wait(peer: PeerId, least: number, roundTrips: number): number {
    return Math.min(LONGEST_MS, Math.max(least, roundTrips * this.#roundTripMs(peer)));
  }

  #discount(peer: PeerId): void {
    const count = this.#countOf.get(peer);
    if (count === undefined) return;
    if (count <= 1) this.#countOf.delete(peer);
    else this.#countOf.set(peer, count - 1);
  }
}
