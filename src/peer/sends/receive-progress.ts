/** Tells a sender how much of what he sends is here, from whomever it came. Nothing depends on it: it is for his user's eyes. */
import type { PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Download } from '#src/peer/api.js';
import type { Receive } from './receive-book.js';

/** One word in so long to one sender, of whatever is fetched from him: his bounds on words are for more than this. */
const TOLD_MS = 2000;

type Say = (to: PeerId, offerId: OfferId, bytes: number) => void;

export class ReceiveProgress {
  readonly #say: Say;
  readonly #now: () => number;
  readonly #toldAt = new Map<PeerId, number>();
  readonly #last = new WeakMap<Receive, number>();

  /** @param now monotonic milliseconds. */
  constructor(say: Say, now: () => number = () => performance.now()) {
    this.#say = say;
    this.#now = now;
  }

  /** Until it ends. */
  follow(receive: Receive, { progress }: Pick<Download, 'progress'>): void {
    const { from, offerId } = receive.record;
    progress.subscribe((event) => {
      if (event.type !== 'download-progress') return;
      this.#last.set(receive, event.doneBytes);
      this.#tell(from as PeerId, offerId as OfferId, event.doneBytes);
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

  #tell(to: PeerId, offerId: OfferId, bytes: number): void {
    const now = this.#now();
    if (now - (this.#toldAt.get(to) ?? Number.NEGATIVE_INFINITY) < TOLD_MS) return;
    this.#toldAt.set(to, now);
    this.#say(to, offerId, bytes);
  }
}
