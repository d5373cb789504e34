/**
 * A pool's pieces shared out by peer: whoever holds its share waits for its own pieces, in its own queue (`own-pieces.ts`), and
 * only then stands in line with the others. Else one who asks much and takes nothing would hold them all. Those
 * who let chunks lie while others waited share a few pieces for a while: ids are free, and many such together
 * would hold all of it too.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { MemoryPool } from './memory-pool.js';
import { OwnPieces } from './own-pieces.js';
import { Turnstile } from './turnstile.js';

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
  readonly #peers = new Map<PeerId, OwnPieces>();
  readonly #slowOnes: Turnstile;
  readonly #slowPieces = new Set<Uint8Array>();
  /** Whose session holds it. */
  readonly #holders = new Map<Uint8Array, object>();
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

  /** @param session of this peer that takes it. @param weight how often it may where others of this peer may once */
  async take(peerId: PeerId, session: object, weight = 1): Promise<Uint8Array> {
    const own = this.#peers.get(peerId) ?? new OwnPieces(this.#shares.each);
    this.#peers.set(peerId, own);
    await own.enter(session, weight);
    const isSlow = this.#isSlow(peerId);
    if (isSlow) await this.#slowOnes.enter();
    const piece = await this.#pool.take();
    if (isSlow) this.#slowPieces.add(piece);
    this.#holders.set(piece, session);
    return piece;
  }

  giveBack(peerId: PeerId, piece: Uint8Array): void {
    const session = this.#holders.get(piece);
    if (session === undefined) throw new Error('a piece was given back that nobody took');
    this.#holders.delete(piece);
    if (this.#slowPieces.delete(piece)) this.#slowOnes.leave();
    this.#pool.giveBack(piece);
    const own = this.#peers.get(peerId);
    own?.leave(session);
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
