/**
 * The newest messages, kept for neighbours that were away: bounded in number and bytes. Which they are follows from the
 * messages alone, their authors' clocks and numbers, not from when they came here: so peers that have told each other all
 * have the same, and see that they have.
 */
import { LIMITS, MiB } from '#src/domain/limits.js';
import { RangeSet } from '#src/domain/range-set.js';
import { type AuthorRow, type Place, runsOf } from './reception.js';

/** What a group says in some days. */
const MOST_MESSAGES = 2000;
/** A new life of the thread that keeps them is given all of it at once. */
const MOST_BYTES = 2 * MiB;

/** A message that may be kept. `sentAt`: by its author's clock, milliseconds since 1970. */
export type Dated = Place & { readonly sentAt: number };

type Kept = { readonly place: Dated; readonly key: string; readonly payload: Uint8Array };

export class KeptMessages {
  readonly #byKey = new Map<string, Kept>();
  /** Oldest first. */
  readonly #all: Kept[] = [];
  #bytes = 0;
  #rows: readonly AuthorRow[] | undefined;

  get size(): number {
    return this.#all.length;
  }

  add({ author, epoch, sequence, sentAt }: Dated, payload: Uint8Array): void {
    const place = { author, epoch, sequence, sentAt };
    const kept = { place, key: keyOf(place), payload };
    if (this.#byKey.has(kept.key)) return;
    const before = this.#all.findLastIndex((each) => isOlder(each, kept));
    this.#all.splice(before + 1, 0, kept);
    this.#byKey.set(kept.key, kept);
    this.#bytes += payload.length;
    while (this.#all.length > MOST_MESSAGES || this.#bytes > MOST_BYTES) this.#dropOldest();
    this.#rows = undefined;
  }

  /** What is told of them: of the authors whose last words are newest, as many as a frame has room for. */
  get rows(): readonly AuthorRow[] {
    this.#rows ??= rowsThatFit(this.#all);
    return this.#rows;
  }

  /** @returns those of these rows that are kept, in the order of each author's count. */
  *of(rows: readonly AuthorRow[]): Iterable<Uint8Array> {
    for (const { author, epoch, runs } of rows) {
      for (const { from, to } of runs) yield* this.#run(author, epoch, from, to);
    }
  }

  /** A run says nothing of how many of it are kept: whatever is shorter is walked. */
  *#run(author: Place['author'], epoch: number, from: number, to: number): Iterable<Uint8Array> {
    for (let sequence = Math.max(from, to - MOST_MESSAGES); sequence < to; sequence += 1) {
      const kept = this.#byKey.get(keyOf({ author, epoch, sequence }));
      if (kept !== undefined) yield kept.payload;
    }
  }

  #dropOldest(): void {
    const oldest = this.#all.shift();
    if (oldest === undefined) return;
    this.#byKey.delete(oldest.key);
    this.#bytes -= oldest.payload.length;
  }
}

/** What is around the rows of a frame, and each of them, at most. */
const FRAME_SPARE_BYTES = 64;
const AUTHOR_BYTES = 48;
const RUN_BYTES = 18;
/** Of one author, the newest: as many as are read of a row. */
const MOST_RUNS = 64;

/** @param all oldest first. */
function rowsThatFit(all: readonly Kept[]): readonly AuthorRow[] {
  const counts = new Map<string, { readonly place: Place; readonly kept: RangeSet }>();
  for (const { place } of all.toReversed()) {
    const key = `${place.author} ${place.epoch}`;
    const count = counts.get(key) ?? { place, kept: new RangeSet() };
    count.kept.add(place.sequence, place.sequence + 1);
    counts.set(key, count);
  }
  let left = LIMITS.controlFrameBytes - FRAME_SPARE_BYTES;
  const fitting: AuthorRow[] = [];
  for (const { place, kept } of counts.values()) {
    const runs = runsOf(kept).slice(-MOST_RUNS);
    left -= AUTHOR_BYTES + runs.length * RUN_BYTES;
    if (left < 0 || fitting.length === LIMITS.elements) break;
    fitting.push({ author: place.author, epoch: place.epoch, runs });
  }
  return fitting;
}

function isOlder(one: Kept, other: Kept): boolean {
  const [a, b] = [one.place.sentAt, other.place.sentAt];
  return a === b ? one.key < other.key : a < b;
}

function keyOf({ author, epoch, sequence }: Place): string {
  return `${author} ${epoch} ${sequence}`;
}
