/** What a sender hears of how it stands here with what he sends: that it is wanted, whether its user has paused it, how far it is. */
import type { Receive, ReceiveBook } from './receive-book.js';
import type { ReceiveProgress } from './receive-progress.js';
import type { ReceiveWords } from './receive-words.js';

type Parts = {
  readonly book: Pick<ReceiveBook, 'change'>;
  readonly words: Pick<ReceiveWords, 'accepted'>;
  readonly progress: Pick<ReceiveProgress, 'now'>;
};

export class ReceiveStanding {
  readonly #with: Parts;

  constructor(parts: Parts) {
    this.#with = parts;
  }

  /** He is back, and has heard neither. */
  all(receive: Receive): void {
    this.#with.words.accepted(receive.record);
    this.#with.progress.now(receive);
  }

  /** By the word of the user here, as often as that is said; remembered, as the next start says so before it has looked. */
  paused(receive: Receive, isPaused: boolean): void {
    const { isPaused: before = false } = receive.record;
    if (before === isPaused) return;
    const { book, words, progress } = this.#with;
    book.change(receive, { isPaused });
    if (isPaused) progress.now(receive);
    words.accepted(receive.record);
  }
}
