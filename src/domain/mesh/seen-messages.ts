/**
 * Messages that came through here: which, so that none counts twice, and for a while the messages themselves, so that
 * neighbours can ask for them. Bounded in number, bytes and age. Time in milliseconds.
 */
import { MiB } from '#src/domain/limits.js';
import type { MessageId } from './broadcast-message.js';

/** Longer than any copy is on its way; what comes later is known by its author's count. */
const SEEN_MS = 600_000;
const MOST_SEEN = 100_000;

/** Longer than it takes until all neighbours have asked for what they miss. */
const KEPT_MS = 30_000;
const MOST_KEPT_BYTES = 8 * MiB;

/** `round`: over how many links it came. */
type Seen = { readonly round: number; readonly at: number; payload: Uint8Array | undefined };

export class SeenMessages {
  /** Oldest first. */
  readonly #seen = new Map<MessageId, Seen>();
  /** Of which the payload is kept, oldest first. */
  readonly #kept = new Set<MessageId>();
  #keptBytes = 0;

  get size(): number {
    return this.#seen.size;
  }

  has(id: MessageId): boolean {
    return this.#seen.has(id);
  }

  roundOf(id: MessageId): number {
    return this.#seen.get(id)?.round ?? 0;
  }

  payloadOf(id: MessageId): Uint8Array | undefined {
    return this.#seen.get(id)?.payload;
  }

  add(id: MessageId, round: number, payload: Uint8Array, now: number): void {
    this.#seen.set(id, { round, at: now, payload });
    this.#kept.add(id);
    this.#keptBytes += payload.length;
    this.#forgetOld(now);
  }

  #forgetOld(now: number): void {
    for (const id of this.#kept) {
      const isOld = now - (this.#seen.get(id)?.at ?? 0) > KEPT_MS;
      if (!isOld && this.#keptBytes <= MOST_KEPT_BYTES) break;
      this.#release(id);
    }
    for (const [id, { at }] of this.#seen) {
      if (now - at <= SEEN_MS && this.#seen.size <= MOST_SEEN) break;
      this.#release(id);
      this.#seen.delete(id);
    }
  }

  #release(id: MessageId): void {
    const seen = this.#seen.get(id);
    if (!this.#kept.delete(id) || seen === undefined) return;
    this.#keptBytes -= seen.payload?.length ?? 0;
    seen.payload = undefined;
  }
}
