/** Messages that neighbours have and that have not come: who has them, and when to ask for them. Time in milliseconds. */
import type { PeerId } from '#src/domain/ids.js';
import type { MessageId } from './broadcast-message.js';

/** Until then it may still come by itself: four times there and back, and no less than timers and threads jitter. */
const FIRST_ROUND_TRIPS = 4;
const FIRST_MS = 50;
/** Whoever was asked has so long to answer, then the next is. */
const NEXT_ROUND_TRIPS = 2;
const NEXT_MS = 25;
/**
 * Up to so many times longer: behind one lost message all wait who would have had it from there. Whoever asks first
 * passes it on to them, and most need not ask: 0.4 copies too many become 0.2 where one message in ten is lost.
 */
const SPREAD = 3;
/** A slow neighbour holds nobody up for longer. */
const LONGEST_MS = 2000;

/** Who announces what never comes has no more than this from us. */
const MOST = 4096;
const MOST_OF_ONE = 1024;

type Missing = {
  /** Those who said that they have it, and over how many links it came to them. */
  readonly announcers: Map<PeerId, number>;
  /** Of them those who were not asked yet. */
  readonly unasked: Set<PeerId>;
  askAt: number;
};

const NOBODY: ReadonlyMap<PeerId, number> = new Map();

export class MissingMessages {
  readonly #roundTripMs: (peer: PeerId) => number;
  readonly #random: () => number;
  readonly #missing = new Map<MessageId, Missing>();
  readonly #countOf = new Map<PeerId, number>();

  /** @param random in [0, 1). */
  constructor(roundTripMs: (peer: PeerId) => number, random: () => number) {
    this.#roundTripMs = roundTripMs;
    this.#random = random;
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
    if (known?.announcers.has(peer)) return;
    const count = this.#countOf.get(peer) ?? 0;
    if (count >= MOST_OF_ONE || (known === undefined && this.#missing.size >= MOST)) return;
    this.#countOf.set(peer, count + 1);
    const missing = known ?? { announcers: new Map(), unasked: new Set(), askAt: 0 };
    missing.announcers.set(peer, round);
    missing.unasked.add(peer);
    if (known === undefined) missing.askAt = now + this.#wait(peer, FIRST_MS, FIRST_ROUND_TRIPS);
    this.#missing.set(id, missing);
  }

  /** It is there, or is not looked for any more. @returns who said that they have it, over how many links. */
  found(id: MessageId): ReadonlyMap<PeerId, number> {
    const missing = this.#missing.get(id);
    if (missing === undefined) return NOBODY;
    this.#missing.delete(id);
    for (const peer of missing.announcers.keys()) this.#discount(peer);
    return missing.announcers;
  }

  forgetPeer(peer: PeerId): void {
    this.#countOf.delete(peer);
    for (const [id, { announcers, unasked }] of this.#missing) {
      announcers.delete(peer);
      unasked.delete(peer);
      if (announcers.size === 0) this.#missing.delete(id);
    }
  }

  /** @returns whom to ask for what, each now. */
  due(now: number): readonly { readonly id: MessageId; readonly peer: PeerId }[] {
    const due: { id: MessageId; peer: PeerId }[] = [];
    for (const [id, missing] of this.#missing) {
      if (now < missing.askAt) continue;
      const peer = nearestOf(missing);
      if (peer === undefined) {
        // All were asked: history brings it, or somebody who says anew that he has it.
        this.found(id);
        continue;
      }
      missing.unasked.delete(peer);
      missing.askAt = now + this.#wait(peer, NEXT_MS, NEXT_ROUND_TRIPS);
      due.push({ id, peer });
    }
    return due;
  }

  #wait(peer: PeerId, least: number, roundTrips: number): number {
    const wait = Math.max(least, roundTrips * this.#roundTripMs(peer));
    return Math.min(LONGEST_MS, wait * (1 + SPREAD * this.#random()));
  }

  #discount(peer: PeerId): void {
    const count = this.#countOf.get(peer);
    if (count === undefined) return;
    if (count <= 1) this.#countOf.delete(peer);
    else this.#countOf.set(peer, count - 1);
  }
}

/** @returns of those who were not asked the one to whom it came over the fewest links: trees stay flat. */
function nearestOf({ unasked, announcers }: Missing): PeerId | undefined {
  let nearest: PeerId | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const peer of unasked) {
    const round = announcers.get(peer) ?? 0;
    if (round >= least) continue;
    nearest = peer;
    least = round;
  }
  return nearest;
}
