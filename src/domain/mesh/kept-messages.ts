/** The newest messages, kept for neighbours that were away: bounded in number and bytes, oldest first out. */
import { MiB } from '#src/domain/limits.js';
import type { AuthorRow, Place } from './reception.js';

/** What a group says in some days. */
const MOST_MESSAGES = 2000;
/** A new life of the thread that keeps them is given all of it at once. */
const MOST_BYTES = 2 * MiB;

export class KeptMessages {
  /** By their place; oldest first. */
  readonly #payloads = new Map<string, Uint8Array>();
  #bytes = 0;

  get size(): number {
    return this.#payloads.size;
  }

  add(place: Place, payload: Uint8Array): void {
    const key = keyOf(place);
    if (this.#payloads.has(key)) return;
    this.#payloads.set(key, payload);
    this.#bytes += payload.length;
    for (const [oldest, { length }] of this.#payloads) {
      if (this.#payloads.size <= MOST_MESSAGES && this.#bytes <= MOST_BYTES) return;
      this.#payloads.delete(oldest);
      this.#bytes -= length;
    }
  }

  /** @returns those of these rows that are kept, in the order of each author's count. */
  *of(rows: readonly AuthorRow[]): Iterable<Uint8Array> {
    for (const { author, epoch, runs } of rows) {
      for (const { from, to } of runs) yield* this.#run(author, epoch, from, to);
    }
  }

  /** A run says nothing of how many of it are kept: whatever is shorter is walked. */
  *#run(author: Place['author'], epoch: number, from: number, to: number): Iterable<Uint8Array> {
    for (let sequence = Math.max(from, to - MOST_MESSAGES); sequence < to; sequence += 1) {
      const payload = this.#payloads.get(keyOf({ author, epoch, sequence }));
      if (payload !== undefined) yield payload;
    }
  }
}

function keyOf({ author, epoch, sequence }: Place): string {
  return `${author} ${epoch} ${sequence}`;
}
