/**
 * A pool's pieces shared out by peer: whoever holds its share waits for its own pieces, in its own queue, and
 * only then stands in line with the others. Else one who asks much and takes nothing would hold them all.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { MemoryPool } from './memory-pool.js';

type Share = { held: number; readonly waiting: (() => void)[] };

export class FairMemory {
  readonly #pool: MemoryPool;
  readonly #mostEach: number;
  readonly #shares = new Map<PeerId, Share>();

  /** @param mostEach pieces one peer may hold at a time, over all its sessions. */
  constructor(pool: MemoryPool, mostEach: number) {
    this.#pool = pool;
    this.#mostEach = mostEach;
  }

  async take(peerId: PeerId): Promise<Uint8Array> {
    const share = this.#shares.get(peerId) ?? { held: 0, waiting: [] };
    this.#shares.set(peerId, share);
    if (share.held < this.#mostEach) share.held += 1;
    else await new Promise<void>((resolve) => share.waiting.push(resolve));
    return this.#pool.take();
  }

  giveBack(peerId: PeerId, piece: Uint8Array): void {
    this.#pool.giveBack(piece);
    const share = this.#shares.get(peerId);
    if (share === undefined) return;
    const next = share.waiting.shift();
    if (next !== undefined) return next();
    share.held -= 1;
    if (share.held === 0) this.#shares.delete(peerId);
    return undefined;
  }
}
