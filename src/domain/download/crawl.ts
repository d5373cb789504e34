/** Whether what is owed arrives so slowly that another way is worth trying. Counted in ticks: a suspended process blames nobody. */
import { MiB } from '#src/domain/limits.js';

/** TCP on a way that loses one packet in five comes to less; a way that is slow itself is as slow another way, once. */
const CRAWL_BYTES_PER_SECOND = 1 * MiB;

/** Shorter spells have other reasons: a busy disk, a neighbour's download. */
const PATIENCE_MS = 5000;

export class Crawl {
  #slowMs = 0;
  #sources = 1;

  /** From how many sources the download is fetched: they share one line here, and each has its part of that. */
  beside(sources: number): void {
    this.#sources = Math.max(1, sources);
  }

  /** @param bytes that arrived in this tick of `ms`. @returns whether it has crawled for too long. */
  tick(ms: number, bytes: number, isOwed: boolean): boolean {
    const isSlow = isOwed && (bytes * this.#sources * 1000) / ms < CRAWL_BYTES_PER_SECOND;
    this.#slowMs = isSlow ? this.#slowMs + ms : 0;
    return this.#slowMs >= PATIENCE_MS;
  }
}
