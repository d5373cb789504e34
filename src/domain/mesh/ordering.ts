/**
 * Shows each author's messages in the order in which he said them, though they come over different ways: one whose
 * predecessor is not here waits for it, not for long. Nothing is lost here: whatever waits is shown when its time is over,
 * or when too much waits. What is shown has still to be stored: whoever dies meanwhile gets from history what waited.
 *
 * Pure: whoever runs it has asked whether a message is new, and calls when it is due. Time is monotonic, in milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import type { Place, Reception } from './reception.js';

/** Some neighbours can be asked for what is missing one after the other; whoever reads hardly notices it. */
const WAIT_MS = 2000;

/** What an author may say at once. */
const MOST_OF_ONE = 100;
/** Of all authors: 2 MiB of the longest. */
const MOST = 500;

type Waiting<Message> = { readonly message: Message; readonly until: number };

export class Ordering<Message extends Place> {
  readonly #reception: Reception;
  readonly #show: (message: Message) => void;
  /** In their authors' order. Whose first one waits longest is first. */
  readonly #waiting = new Map<PeerId, Waiting<Message>[]>();
  #size = 0;

  /** @param reception of all that came here, what waits among it. */
  constructor(reception: Reception, show: (message: Message) => void) {
    this.#reception = reception;
    this.#show = show;
  }

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** When to tick next. */
  get dueAt(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const all of this.#waiting.values()) {
      for (const { until } of all) due = Math.min(due, until);
    }
    return due;
  }

  /** @param message that reception has just accepted. */
  take(message: Message, now: number): void {
    const { author } = message;
    const all = this.#waiting.get(author) ?? [];
    const before = all.findLastIndex((each) => isBefore(each.message, message));
    all.splice(before + 1, 0, { message, until: now + WAIT_MS });
    this.#waiting.set(author, all);
    this.#size += 1;
    this.#showReady(author, all.length > MOST_OF_ONE ? 1 : 0);
    const [longest] = this.#waiting.keys();
    if (this.#size > MOST && longest !== undefined) this.#showReady(longest, 1);
  }

  tick(now: number): void {
    for (const [author, all] of this.#waiting) {
      const overdue = all.findLastIndex(({ until }) => until <= now);
      if (overdue >= 0) this.#showReady(author, overdue + 1);
    }
  }

  /** @param atLeast so many are shown whatever is missing before them. */
  #showReady(author: PeerId, atLeast: number): void {
    const all = this.#waiting.get(author) ?? [];
    let shown = 0;
    for (const { message } of all) {
      if (shown >= atLeast && !this.#isNext(message, all.slice(shown))) break;
      this.#show(message);
      shown += 1;
    }
    all.splice(0, shown);
    this.#size -= shown;
    if (all.length === 0) this.#waiting.delete(author);
  }

  /** @param waiting this one, and all after it. */
  #isNext(message: Message, waiting: readonly Waiting<Message>[]): boolean {
    const { author, epoch, sequence } = message;
    const isFollowing =
      sequence <= 1 || this.#reception.has({ author, epoch, sequence: sequence - 1 });
    // A later one was shown already: there is nothing to wait for.
    return isFollowing || this.#reception.countFrom(message) > waiting.length;
  }
}

function isBefore(one: Place, other: Place): boolean {
  return one.epoch === other.epoch ? one.sequence < other.sequence : one.epoch < other.epoch;
}
