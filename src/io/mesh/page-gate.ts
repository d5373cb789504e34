/**
 * Lets the pages of others' catalogues through to the host no faster than it takes them. How many there are is
 * for strangers to choose, and a mailbox that overflows is the end of every link. What waits is bounded by one
 * read of a socket a link, as that is paused meanwhile.
 */
import { defer, Observable, of } from 'rxjs';
import type { LinkId } from '#src/domain/peers/links-state.js';

export type GateLimits = {
  /** Pages of one link in a tick. 80 a second tell a full catalogue in about a second. */
  readonly ofLink: number;
  /** Pages of all links in a tick: a full one costs the host 4 ms, and it has other things to do. */
  readonly ofAll: number;
  /** Pages that the host has not taken yet: a full one costs 175 KiB there, where 8 MiB may wait. */
  readonly untaken: number;
  readonly tickMs: number;
};

const LIMITS_OF_GATE: GateLimits = { ofLink: 4, ofAll: 8, untaken: 32, tickMs: 50 };

export class PageGate {
  readonly #limits: GateLimits;
  readonly #passed = new Map<LinkId, number>();
  /** In the order in which they came; a link has one of them at most. */
  readonly #waiting = new Map<LinkId, () => void>();
  #passedInAll = 0;
  #untaken = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: GateLimits = LIMITS_OF_GATE) {
    this.#limits = limits;
  }

  /** Whether the link's next page passes at once. */
  isOpen(link: LinkId): boolean {
    return !this.#waiting.has(link) && this.#hasRoom(link);
  }

  /** Emits once, at once where there is room: only then may a page be judged and told. */
  pass(link: LinkId): Observable<void> {
    return defer(() => {
      if (this.isOpen(link)) return of(this.#count(link));
      return new Observable<void>((subscriber) => {
        const go = () => {
          subscriber.next(this.#count(link));
          subscriber.complete();
        };
        this.#waiting.set(link, go);
        return () => {
          // The link's next page may wait by now.
          if (this.#waiting.get(link) === go) this.#waiting.delete(link);
        };
      });
    });
  }

  /** A page that passed turned out to be nothing to tell. */
  spare(): void {
    this.#untaken = Math.max(0, this.#untaken - 1);
  }

  /** The host has dealt with a page. */
  taken(): void {
    this.spare();
    this.#admit();
  }

  #hasRoom(link: LinkId): boolean {
    const { ofLink, ofAll, untaken } = this.#limits;
    const isLinkFree = (this.#passed.get(link) ?? 0) < ofLink;
    return isLinkFree && this.#passedInAll < ofAll && this.#untaken < untaken;
  }

  #count(link: LinkId): void {
    this.#passed.set(link, (this.#passed.get(link) ?? 0) + 1);
    this.#passedInAll += 1;
    this.#untaken += 1;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#tick(), this.#limits.tickMs);
  }

  #tick(): void {
    this.#timer = undefined;
    this.#passed.clear();
    this.#passedInAll = 0;
    this.#admit();
  }

  /** Whoever waits for longest first; who has passed and waits again comes after the others. */
  #admit(): void {
    for (const [link, go] of this.#waiting) {
      if (!this.#hasRoom(link) || !this.#waiting.delete(link)) continue;
      go();
    }
  }
}
