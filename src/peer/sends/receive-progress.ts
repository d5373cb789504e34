/** Tells a sender how much of what he sends is here, from whomever it came. Nothing depends on it: it is for his user's eyes. */
import type { PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { Download } from '#src/peer/api.js';
import { type Clock, SYSTEM_CLOCK } from '#src/supervision/clock.js';
import type { Receive } from './receive-book.js';

/** Once in so long to one sender: what he shows is behind by that, and people read no faster. */
const TOLD_MS = 1000;

/** Words at once: he takes 400 a second of all, and a hundred may fetch from him. What has waited longest comes first. */
const MOST_AT_ONCE = 4;

type Say = (to: PeerId, offerId: OfferId, bytes: number) => void;

/** What one sender has still to hear of, and what cancels his next turn. */
type Sender = { readonly peer: PeerId; readonly waiting: Set<Receive>; stop?: () => void };

export class ReceiveProgress {
  readonly #say: Say;
  readonly #reached: (receive: Receive) => number | undefined;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #senders = new Map<PeerId, Sender>();
  readonly #last = new WeakMap<Receive, number>();
  #isClosed = false;

  /** @param reached how much of it is here now, where that is known */
  constructor(
    say: Say,
    reached: (receive: Receive) => number | undefined,
    clock: Pick<Clock, 'after'> = SYSTEM_CLOCK,
  ) {
    this.#say = say;
    this.#reached = reached;
    this.#clock = clock;
  }

  /** Until it ends. */
  follow(receive: Receive, { progress }: Pick<Download, 'progress'>): void {
    progress.subscribe({
      next: (event) => {
        if (event.type !== 'download-progress') return;
        this.#last.set(receive, event.doneBytes);
        this.#moved(receive);
      },
      complete: () => this.#forget(receive),
    });
  }

  /** He is back, or one of the two pauses it: what he shows is as it is here. What is on its way by then follows. */
  now(receive: Receive): void {
    if (this.#isClosed) return;
    this.#tell(receive, this.#reached(receive));
    const sender = this.#waiting(receive);
    if (sender.stop === undefined) this.#later(sender);
  }

  /** It is not fetched any more: how far it had come. */
  ended(receive: Receive): void {
    this.#forget(receive);
    this.#tell(receive, this.#last.get(receive));
  }

  /** What is told after that is how far each had come as it ended. */
  close(): void {
    this.#isClosed = true;
    for (const { stop } of this.#senders.values()) stop?.();
    this.#senders.clear();
  }

  #moved(receive: Receive): void {
    if (this.#isClosed) return;
    const sender = this.#waiting(receive);
    if (sender.stop === undefined) this.#turn(sender);
  }

  #waiting(receive: Receive): Sender {
    const peer = receive.record.from as PeerId;
    const sender = this.#senders.get(peer) ?? { peer, waiting: new Set() };
    this.#senders.set(peer, sender);
    sender.waiting.add(receive);
    return sender;
  }

  #turn(sender: Sender): void {
    const { waiting } = sender;
    if (waiting.size === 0) {
      this.#senders.delete(sender.peer);
      return;
    }
    for (const receive of [...waiting].slice(0, MOST_AT_ONCE)) {
      waiting.delete(receive);
      this.#tell(receive, this.#reached(receive) ?? this.#last.get(receive));
    }
    this.#later(sender);
  }

  #later(sender: Sender): void {
    sender.stop = this.#clock.after(TOLD_MS, () => this.#turn(sender));
  }

  #tell({ record: { from, offerId } }: Receive, bytes: number | undefined): void {
    if (bytes !== undefined) this.#say(from as PeerId, offerId as OfferId, bytes);
  }

  #forget(receive: Receive): void {
    this.#senders.get(receive.record.from as PeerId)?.waiting.delete(receive);
  }
}
