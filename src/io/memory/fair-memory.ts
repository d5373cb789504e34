/**
 * A pool's pieces shared out by peer: whoever holds its share waits for its own pieces, in its own queue, and
 * only then stands in line with the others. Else one who asks much and takes nothing would hold them all. Those
 * who let chunks lie while others waited share a few pieces for a while: ids are free, and many such together
 * would hold all of it too.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { MemoryPool } from './memory-pool.js';

/** Long enough that who comes back at once and lies down again stays behind; a bad minute is soon forgotten. */
const SLOW_MS = 60_000;

/** Slow ones remembered: as many as there are rows for peers. The oldest is forgotten first. */
const MOST_SLOW = 1024;

export type FairShares = {
  /** Pieces one peer may hold at a time, over all its sessions. */
  readonly each: number;
  /** Pieces all slow ones may hold at a time. */
  readonly slow: number;
};

export class FairMemory {
  readonly #pool: MemoryPool;
  readonly #shares: FairShares;
  readonly #now: () => number;
  readonly #peers = new Map<PeerId, Turnstile>();
  readonly #slowOnes: Turnstile;
  readonly #slowPieces = new Set<Uint8Array>();
  readonly #slowSince = new Map<PeerId, number>();

  /** @param now monotonic milliseconds. */
  constructor(pool: MemoryPool, shares: FairShares, now = () => performance.now()) {
    this.#pool = pool;
    this.#shares = shares;
    this.#now = now;
    this.#slowOnes = new Turnstile(shares.slow);
  }

  /** Whether somebody waits for what others hold. */
  get isScarce(): boolean {
    return this.#pool.isAwaited;
  }

  /** Whether a session of this peer waits for what this one and its others hold. */
  isScarceFor(peerId: PeerId, session: object): boolean {
    return this.#peers.get(peerId)?.isAwaitedBesides(session) ?? false;
  }

  /** @param session of this peer that takes it. */
  async take(peerId: PeerId, session: object): Promise<Uint8Array> {
    const own = this.#peers.get(peerId) ?? new Turnstile(this.#shares.each);
    this.#peers.set(peerId, own);
    await own.enter(session);
    if (!this.#isSlow(peerId)) return this.#pool.take();
    await this.#slowOnes.enter(session);
    const piece = await this.#pool.take();
    this.#slowPieces.add(piece);
    return piece;
  }

  giveBack(peerId: PeerId, piece: Uint8Array): void {
    if (this.#slowPieces.delete(piece)) this.#slowOnes.leave();
    this.#pool.giveBack(piece);
    const own = this.#peers.get(peerId);
    own?.leave();
    if (own?.isEmpty) this.#peers.delete(peerId);
  }

  /** It let a chunk lie while others waited. */
  stalled(peerId: PeerId): void {
    this.#slowSince.delete(peerId);
    this.#slowSince.set(peerId, this.#now());
    const [oldest] = this.#slowSince.keys();
    if (this.#slowSince.size > MOST_SLOW && oldest !== undefined) this.#slowSince.delete(oldest);
  }

  #isSlow(peerId: PeerId): boolean {
    const since = this.#slowSince.get(peerId);
    return since !== undefined && this.#now() - since < SLOW_MS;
  }
}

/** Lets so many through at a time, first come first served. */
class Turnstile {
  readonly #most: number;
  readonly #waiting: { readonly who: object; readonly enter: () => void }[] = [];
  #inside = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get isEmpty(): boolean {
    return this.#inside === 0;
  }

  /** Whether others wait than this one. */
  isAwaitedBesides(who: object): boolean {
    return this.#waiting.some((waiting) => waiting.who !== who);
  }

  enter(who: object): Promise<void> {
    if (this.#inside >= this.#most) {
      return new Promise((enter) => this.#waiting.push({ who, enter }));
    }
    this.#inside += 1;
    return Promise.resolve();
  }

  /** Whoever waits for longest takes the place. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside -= 1;
    else next.enter();
  }
}
