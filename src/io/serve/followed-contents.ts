/** What one session follows: of each content it is told what is here, at once and as it grows, or shown it by and by. */
import type { Ranges } from '#src/domain/content/chunk-set.js';
import type { ContentId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import type { Session } from '#src/io/net/session.js';
import type { Message } from '#src/wire/message.js';
import type { Book, Gain } from './shelf.js';
import type { Follower, Showing } from './showing.js';

/** Runs in one have frame: two numbers each, within the limit of elements. */
const RUNS_PER_FRAME = LIMITS.elements / 2;

/** Runs told of one content: more, of a vast one in tatters, would fill the send buffer. What is left out is not lost. */
const MOST_RUNS = 65_536;

/** Have-maps one session may follow at a time. */
const FOLLOWED = 64;

export class FollowedContents {
  readonly #session: Pick<Session, 'send'>;
  readonly #showing: Showing;
  /** By request. */
  readonly #followed = new Map<number, ContentId>();
  /** Those of the followed that are shown chunk by chunk. */
  readonly #shown = new Map<number, Follower>();

  constructor(session: Pick<Session, 'send'>, showing: Showing) {
    this.#session = session;
    this.#showing = showing;
  }

  get isRoom(): boolean {
    return this.#followed.size < FOLLOWED;
  }

  has(id: ContentId): boolean {
    return [...this.#followed.values()].includes(id);
  }

  /** @param holds which chunks it says to have, where it says that. @throws P2pError `protocol` */
  follow(request: number, id: ContentId, book: Book, holds: Ranges | undefined): void {
    this.unfollow(request);
    this.#followed.set(request, id);
    for (const message of book.runs?.all ?? []) this.#session.send(message, request);
    const shown = holds === undefined ? undefined : this.#show(request, id, book, holds);
    if (shown === undefined) return this.#sendRanges(request, book.have.toRanges(MOST_RUNS));
    this.#shown.set(request, shown);
    return this.#sendRanges(request, shown.first, true);
  }

  unfollow(request: number): void {
    this.#followed.delete(request);
    this.#shown.get(request)?.end();
    this.#shown.delete(request);
  }

  unfollowAll(): void {
    for (const request of this.#followed.keys()) this.unfollow(request);
  }

  /** What is shown to it chunk by chunk is not to be had before that. */
  mayAsk(id: ContentId, index: number): boolean {
    for (const [request, shown] of this.#shown) {
      if (this.#followed.get(request) === id) return shown.asks(index);
    }
    return true;
  }

  /** What it says of a request that was taken back meanwhile is no news. @throws P2pError `protocol` */
  takeHold(request: number, ranges: Ranges): void {
    this.#shown.get(request)?.holds(ranges);
  }

  tellGain({ id, ranges, hashes = [] }: Gain): void {
    for (const [request, followed] of this.#followed) {
      if (followed !== id) continue;
      for (const message of hashes) this.#session.send(message, request);
      this.#sendRanges(request, ranges);
    }
  }

  /** What was refused as changed or gone may be here again: it hears all of it once more. */
  tellAll(id: ContentId, { have }: Book): void {
    for (const [request, shown] of this.#shown) {
      if (this.#followed.get(request) !== id) continue;
      shown.end();
      this.#shown.delete(request);
    }
    this.tellGain({ id, ranges: have.toRanges(MOST_RUNS) });
  }

  /** Of what is whole here each of several is shown some. */
  #show(request: number, id: ContentId, { have }: Book, holds: Ranges): Follower | undefined {
    if (!have.isFull) return undefined;
    const show = (ranges: Ranges) => this.#sendRanges(request, ranges, true);
    return this.#showing.follow(id, have.size, holds, show);
  }

  #sendRanges(request: number, ranges: Ranges, isPart = false): void {
    for (let at = 0; at === 0 || at < ranges.length; at += 2 * RUNS_PER_FRAME) {
      const some = ranges.slice(at, at + 2 * RUNS_PER_FRAME);
      const have: Message = { type: 'have', ranges: some };
      this.#session.send(isPart ? { ...have, partly: true } : have, request);
    }
  }
}
