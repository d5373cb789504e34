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
 * A slow neighbour holds nobody up for longer: four times there and back across a continent. Round trips are measured
 * rarely, one on a machine that has just begun may be ten times what it is later, and who asks too soon gets one copy.
 */
const LONGEST_MS = 400;

/** Who announces what never comes has no more than this from us. */
const MOST = 4096;
const MOST_OF_ONE = 1024;

type Missing = {
  /** Those who said that they have it. */
  readonly announcers: Set<PeerId>;
  /** Of them those who were not asked yet, and over how many links it came to them. */
  readonly unasked: Map<PeerId, number>;
  askAt: number;
};

const NOBODY: ReadonlySet<PeerId> = new Set();

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
    if (known?.announcers.has(peer)) return;
    const count = this.#countOf.get(peer) ?? 0;
    if (count >= MOST_OF_ONE || (known === undefined && this.#missing.size >= MOST)) return;
    this.#countOf.set(peer, count + 1);
    const missing = known ?? { announcers: new Set(), unasked: new Map(), askAt: 0 };
    missing.announcers.add(peer);
    missing.unasked.set(peer, round);
    if (known === undefined) missing.askAt = now + this.#wait(peer, FIRST_MS, FIRST_ROUND_TRIPS);
    this.#missing.set(id, missing);
  }

  /** It is there, or is not looked for any more. @returns who said that they have it. */
  found(id: MessageId): ReadonlySet<PeerId> {
    const missing = this.#missing.get(id);
    if (missing === undefined) return NOBODY;
    this.#missing.delete(id);
    for (const peer of missing.announcers) this.#discount(peer);
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
    return Math.min(LONGEST_MS, Math.max(least, roundTrips * this.#roundTripMs(peer)));
  }

  #discount(peer: PeerId): void {
    const count = this.#countOf.get(peer);
    if (count === undefined) return;
    if (count <= 1) this.#countOf.delete(peer);
    else this.#countOf.set(peer, count - 1);
  }
}

/** @returns of those who were not asked the one to whom it came over the fewest links. */
function nearestOf({ unasked }: Missing): PeerId | undefined {
  let nearest: PeerId | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [peer, round] of unasked) {
    if (nearest !== undefined && round >= least) continue;
    nearest = peer;
    least = round;
  }
  return nearest;
}
