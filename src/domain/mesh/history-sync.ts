/**
 * Brings messages to whoever was away: neighbours tell each other which messages they have, and give what the other
 * lacks. Each does so when it becomes a neighbour; later a short digest now and then shows whether anything was lost.
 *
 * Pure: whoever runs it keeps the messages, ticks when it is due, and carries the effects out. Time is monotonic, in
 * milliseconds.
 */
import type { PeerId } from '#src/domain/ids.js';
import { KiB } from '#src/domain/limits.js';
import { type Bucket, takeToken } from '#src/domain/rates/token-bucket.js';
import { Allowance } from './allowance.js';
import type { KeptMessages } from './kept-messages.js';
import { type AuthorRow, beyond } from './reception.js';

/** Whatever gossip lost is there after so long: seldom enough to cost nothing. */
const DIGEST_MS = 20_000;

/** A page of messages is a frame. */
const PAGE_BYTES = 48 * KiB;
/** More than that is asked for again, after these were taken. */
const MOST_PAGES = 16;

/**
 * How often a neighbour is answered: a summary of 61 kB and pages of 800 kB follow from a few bytes. Each sends two words
 * when it becomes a neighbour and one each 20 s; a group of ten who come back at once is answered whole.
 */
const ANSWERS = {
  ofOne: { perSecond: 0.2, burst: 5 },
  ofAll: { perSecond: 2, burst: 50 },
};

/** So long what is missed may follow a summary: sixteen pages are through a slow link by then. */
const ANSWERED_MS = 60_000;

/** Peers that are counted: more than have a link at once. Whoever brought something longest ago begins anew. */
const MOST_COUNTED = 256;

/** What is taken of one neighbour: all that a neighbour keeps at once, and as much again each minute. */
const TAKEN = { perSecond: 2000 / 60, burst: 2000 };

export type HistoryMessage =
  /** Follows from the rows of its sender's summary. */
  | { readonly type: 'digest'; readonly digest: number }
  /** What its sender can give, or the newest of it. `isAnswer`: no other is wanted for it. */
  | { readonly type: 'summary'; readonly rows: readonly AuthorRow[]; readonly isAnswer: boolean }
  /** What the other lacks, in the order of their authors' counts. */
  | { readonly type: 'missed'; readonly payloads: readonly Uint8Array[] };

export type HistorySend = { readonly to: PeerId; readonly message: HistoryMessage };

export type HistoryOptions = {
  /** What can be given: what is known to have been here, and is kept no more, is spoken of to nobody. */
  readonly kept: KeptMessages;
  /** @returns a number in [0, 1). */
  readonly random: () => number;
  readonly now: number;
};

export class HistorySync {
  readonly #options: HistoryOptions;
  readonly #neighbours = new Set<PeerId>();
  /** When a summary went to each neighbour last, and how much was taken of it; nobody else's is taken. */
  readonly #summarised = new Map<PeerId, number>();
  readonly #taken = new Map<PeerId, Bucket>();
  readonly #answers = new Allowance(ANSWERS.ofOne, ANSWERS.ofAll);
  /** When to tick next. */
  dueAt: number;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.dueAt = options.now + DIGEST_MS * options.random();
  }

  neighbourUp(peer: PeerId, now: number): readonly HistorySend[] {
    this.#neighbours.add(peer);
    return [this.#summaryFor(peer, false, now)];
  }

  neighbourDown(peer: PeerId): void {
    this.#neighbours.delete(peer);
    this.#summarised.delete(peer);
  }

  /** @returns whether it is a neighbour that was asked for it lately, and brings no more than it may: it was counted. */
  takesMissed(from: PeerId, now: number): boolean {
    const at = this.#summarised.get(from);
    if (at === undefined || now > at + ANSWERED_MS) return false;
    const left = takeToken(this.#taken.get(from), TAKEN, now);
    if (left === undefined) return false;
    this.#taken.delete(from);
    this.#taken.set(from, left);
    const [oldest] = this.#taken.keys();
    if (this.#taken.size > MOST_COUNTED && oldest !== undefined) this.#taken.delete(oldest);
    return true;
  }

  tick(now: number): readonly HistorySend[] {
    if (now < this.dueAt) return [];
    // Not all at once, where many were started together.
    this.dueAt = now + DIGEST_MS * (0.5 + this.#options.random());
    const all = [...this.#neighbours];
    const to = all[Math.floor(this.#options.random() * all.length)];
    if (to === undefined) return [];
    return [{ to, message: { type: 'digest', digest: this.#digest } }];
  }

  /** `missed` is for whoever judges messages. */
  receive(
    from: PeerId,
    message: Exclude<HistoryMessage, { type: 'missed' }>,
    now: number,
  ): readonly HistorySend[] {
    if (message.type === 'digest' && message.digest === this.#digest) return [];
    if (!this.#answers.take(from, now)) return [];
    if (message.type === 'digest') return [this.#summaryFor(from, false, now)];
    const { rows } = this.#options.kept;
    const pages = this.#pagesFor(from, beyond(rows, message.rows));
    const wantsMore = !message.isAnswer && beyond(message.rows, rows).length > 0;
    return wantsMore ? [...pages, this.#summaryFor(from, true, now)] : pages;
  }

  #summaryFor(to: PeerId, isAnswer: boolean, now: number): HistorySend {
    if (this.#neighbours.has(to)) this.#summarised.set(to, now);
    return { to, message: { type: 'summary', rows: this.#options.kept.rows, isAnswer } };
  }

  #pagesFor(to: PeerId, rows: readonly AuthorRow[]): readonly HistorySend[] {
    const pages: Uint8Array[][] = [];
    let bytes = PAGE_BYTES;
    for (const payload of rows.length === 0 ? [] : this.#options.kept.of(rows)) {
      if (bytes + payload.length > PAGE_BYTES) {
        if (pages.length === MOST_PAGES) break;
        pages.push([]);
        bytes = 0;
      }
      pages.at(-1)?.push(payload);
      bytes += payload.length;
    }
    return pages.map((payloads) => ({ to, message: { type: 'missed', payloads } }));
  }

  get #digest(): number {
    return digestOf(this.#options.kept.rows);
  }
}

/** 32 bits that follow from the rows in whatever order (FNV-1a of each, added up). */
function digestOf(rows: readonly AuthorRow[]): number {
  let sum = 0;
  for (const { author, epoch, runs } of rows) {
    const text = `${author} ${epoch} ${runs.map(({ from, to }) => `${from}-${to}`).join(' ')}`;
    let hash = 0x811c9dc5;
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    }
    sum = (sum + hash) >>> 0;
  }
  return sum;
}
