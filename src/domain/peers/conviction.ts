/** Who sent what its own proof contradicts, and from when on nothing more is taken from it. */
import type { PeerId } from '#src/domain/ids.js';

/** A disk that rots may lie once or twice; three times is a habit. */
const LIES_FOR_A_BAN = 3;

/** Identities are free, so what is remembered of them is bounded; the oldest are forgotten first. */
const MOST_REMEMBERED = 4096;

export class Convictions {
  readonly #lies = new Map<PeerId, number>();

  isBanned(peerId: PeerId): boolean {
    return (this.#lies.get(peerId) ?? 0) >= LIES_FOR_A_BAN;
  }

  /** @param isAttack what no fault can explain: banned at once. @returns whether this bans the peer. */
  convict(peerId: PeerId, isAttack = false): boolean {
    const before = this.#lies.get(peerId) ?? 0;
    this.#lies.delete(peerId);
    this.#lies.set(peerId, isAttack ? LIES_FOR_A_BAN : before + 1);
    for (const oldest of this.#lies.keys()) {
      if (this.#lies.size <= MOST_REMEMBERED) break;
      this.#lies.delete(oldest);
    }
    return before < LIES_FOR_A_BAN && this.isBanned(peerId);
  }

  /** Its ban is over: what it sends from now on is judged anew. */
  pardon(peerId: PeerId): void {
    this.#lies.delete(peerId);
  }
}
