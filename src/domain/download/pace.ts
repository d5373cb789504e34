/**
 * How fast a source of a download delivers what it was asked for, and what it will deliver when. Pure; time is
 * monotonic ms.
 */
import { LIMITS } from '#src/domain/limits.js';

/** A source's queue covers its delay and this much more, so that a late scheduler never leaves it idle. */
const SLACK_MS = 50;

/** Two chunks asked hide the round trip between them whatever the rate. */
const SHALLOWEST = 2;

/** How much the newest measurement counts: a rate settles within about five chunks. */
const RATE_WEIGHT = 0.3;

/**
 * A source that has been silent for so many times its mean is taken to have become slower: after four times, its
 * last chunk is asked of another as fast as it was (a hedge must gain half). Sooner would race with mere jitter.
 */
const SILENCE_FACTOR = 2;

export class Pace {
  readonly #chunkBytes: number;
  readonly #delayMs: number;
  /** Chunks it owes and when each was asked for, the oldest first. */
  readonly #owed = new Map<number, number>();
  /** Bytes per ms, 0 until measured. */
  #rate = 0;
  #isProven = false;
  #lastStoredAt: number;

  constructor(chunkBytes: number, delayMs: number, now: number) {
    this.#chunkBytes = chunkBytes;
    this.#delayMs = delayMs;
    this.#lastStoredAt = now;
  }

  get rate(): number {
    return this.#rate;
  }

  /** Whether it has ever brought a sound chunk. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** What it owes, in the order it was asked. */
  get owed(): Iterable<number> {
    return this.#owed.keys();
  }

  get owedCount(): number {
    return this.#owed.size;
  }

  owes(index: number): boolean {
    return this.#owed.has(index);
  }

  ask(index: number, now: number): void {
    this.#owed.set(index, now);
  }

  /** It will not bring this one. @returns whether it owed it. */
  release(index: number): boolean {
    return this.#owed.delete(index);
  }

  /** Somebody else was faster. What it did not do in this time tells how slow it is at best. */
  loseTo(index: number, now: number): boolean {
    if (!this.#owed.has(index)) return false;
    const slowest = (this.#chunkBytes * SILENCE_FACTOR) / this.#silentMs(now);
    this.#rate = Math.min(this.#rate, slowest);
    return this.#owed.delete(index);
  }

  /** It brought a chunk: it works on one after another, so the time since its last one is this one's. */
  bring(index: number, bytes: number, now: number): void {
    this.#isProven = true;
    const asked = this.#owed.get(index);
    if (asked === undefined) return;
    this.#owed.delete(index);
    const tookMs = Math.max(0.1, now - Math.max(asked, this.#lastStoredAt));
    const rate = bytes / tookMs;
    this.#rate = this.#rate === 0 ? rate : this.#rate + RATE_WEIGHT * (rate - this.#rate);
    this.#lastStoredAt = now;
  }

  /** How many chunks it may owe: its rate times its delay and some slack, within the limits. */
  get depth(): number {
    if (!this.#isProven) return 1;
    const needed = Math.ceil((this.#rate * (this.#delayMs + SLACK_MS)) / this.#chunkBytes) + 1;
    const inBytes = Math.floor(LIMITS.bytesInFlightPerPeer / this.#chunkBytes);
    return Math.max(SHALLOWEST, Math.min(needed, inBytes, LIMITS.chunksInFlight));
  }

  /** How long until it delivers its `place`-th chunk from now, by what it last did: silence slows it. */
  expectedMs(place: number, now: number): number {
    const silentMs = this.#silentMs(now);
    if (this.#rate === 0) return Math.max(SLACK_MS, silentMs) * place;
    const stalled = (this.#chunkBytes * SILENCE_FACTOR) / silentMs;
    return (place * this.#chunkBytes) / Math.min(this.#rate, stalled);
  }

  /** For how long it has worked on what it owes without bringing any of it. */
  #silentMs(now: number): number {
    const [askedAt = now] = this.#owed.values();
    return Math.max(1, now - Math.max(askedAt, this.#lastStoredAt));
  }
}
