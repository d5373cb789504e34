/** Words of the mesh for peers that are being dialled: bounded, as nobody may ever answer. */
import type { PeerId } from '#src/domain/ids.js';
import type { MeshMessage } from '#src/wire/mesh-message.js';

/** More than the mesh asks at once. */
const MOST_PEERS = 64;
/** A question, an answer, a shuffle. */
const MOST_WORDS = 8;

export class Outbox {
  /** Who was written to first is first. */
  readonly #waiting = new Map<PeerId, MeshMessage[]>();

  put(peer: PeerId, message: MeshMessage): void {
    const waiting = this.#waiting.get(peer) ?? [];
    if (waiting.length < MOST_WORDS) waiting.push(message);
    this.#waiting.set(peer, waiting);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MOST_PEERS && oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** There is a link now. */
  take(peer: PeerId): readonly MeshMessage[] {
    const waiting = this.#waiting.get(peer) ?? [];
    this.#waiting.delete(peer);
    return waiting;
  }

  /** There will be none. @returns whether anything waited for it. */
  drop(peer: PeerId): boolean {
    return this.#waiting.delete(peer);
  }
}
