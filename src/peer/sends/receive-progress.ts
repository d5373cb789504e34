/** Tells a sender how much of what he sends is here, from whomever it came. Nothing depends on it: it is for his user's eyes. */
import type { PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Download } from '#src/peer/api.js';
import type { Receive } from './receive-book.js';

/**
 * One word in so long to one sender, of all that is fetched from him: his bounds on words are for more than this. Each of
 * several has its turn.
 */
const TOLD_MS = 2000;

type Say = (to: PeerId, offerId: OfferId, bytes: number) => void;

export class ReceiveProgress {
  readonly #say: Say;
  readonly #now: () => number;
  /** Those under way. */
  readonly #followed = new Map<PeerId, Set<Receive>>();
  readonly #toldAt = new WeakMap<Receive, number>();
  readonly #last = new WeakMap<Receive, number>();

  /** @param now monotonic milliseconds. */
  constructor(say: Say, now: () => number = () => performance.now()) {
    this.#say = say;
    this.#now = now;
  }

  /** Until it ends. */
  follow(receive: Receive, { progress }: Pick<Download, 'progress'>): void {
    const from = receive.record.from as PeerId;
    const ofHim = this.#followed.get(from) ?? new Set();
    this.#followed.set(from, ofHim.add(receive));
    progress.subscribe({
      next: (event) => {
        if (event.type !== 'download-progress') return;
        this.#last.set(receive, event.doneBytes);
        this.#tell(receive, event.doneBytes, ofHim.size);
      },
      complete: () => {
        ofHim.delete(receive);
        if (ofHim.size === 0 && this.#followed.get(from) === ofHim) this.#followed.delete(from);
      },
    });
  }

  /** He is back, or pauses it: what he shows is as it is here. */
  now({ record: { from, offerId } }: Receive, bytes: number | undefined): void {
    if (bytes !== undefined) this.#say(from as PeerId, offerId as OfferId, bytes);
  }

  /** It is given up: how far it had come. */
  ended(receive: Receive): void {
    this.now(receive, this.#last.get(receive));
  }

  /** @param count of those that are fetched from its sender now */
  #tell(receive: Receive, bytes: number, count: number): void {
    const now = this.#now();
    const toldAt = this.#toldAt.get(receive) ?? Number.NEGATIVE_INFINITY;
    if (now - toldAt < TOLD_MS * count) return;
    this.#toldAt.set(receive, now);
    const { from, offerId } = receive.record;
    this.#say(from as PeerId, offerId as OfferId, bytes);
  }
}
