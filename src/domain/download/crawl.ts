/**
 * Whether what is owed arrives so slowly that another way is worth trying. It is the way that is judged: a source whose own
 * limit holds it back says so, and is as slow by any. Counted in ticks: a suspended process blames nobody.
 */
import { MiB } from '#src/domain/limits.js';

/** TCP on a way that loses one packet in five comes to less; a way that is slow itself is as slow another way, once. */
const CRAWL_BYTES_PER_SECOND = 1 * MiB;

/** Shorter spells have other reasons: a busy disk, a neighbour's download. */
const PATIENCE_MS = 5000;

/** What both ends know of each other in hello: its source may say that it is held back. */
export const HEARS_HELD_BACK = 'held-back';

/** A source says each second that it is held back: on a slow way three of them come late, or together. */
const HELD_BACK_MS = 3000;

export class Crawl {
  #slowMs = 0;
  #sources = 1;
  /** For how much longer it counts as held back. */
  #heldBackMs = 0;

  /** From how many sources the download is fetched: they share one line here, and each has its part of that. */
  beside(sources: number): void {
    this.#sources = Math.max(1, sources);
  }

  /** The source says that it was its own limit that chunks waited for. */
  heldBack(): void {
    this.#heldBackMs = HELD_BACK_MS;
  }

  /** Whether it said so lately. */
  get isHeldBack(): boolean {
    return this.#heldBackMs > 0;
  }

  /** @param bytes that arrived in this tick of `ms`. @returns whether it has crawled for too long. */
  tick(ms: number, bytes: number, isOwed: boolean): boolean {
    const { isHeldBack } = this;
    this.#heldBackMs -= Math.min(ms, this.#heldBackMs);
    const isSlow = (bytes * this.#sources * 1000) / ms < CRAWL_BYTES_PER_SECOND;
    this.#slowMs = isOwed && isSlow && !isHeldBack ? this.#slowMs + ms : 0;
    return this.#slowMs >= PATIENCE_MS;
  }
}
