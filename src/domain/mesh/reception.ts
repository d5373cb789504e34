/**
 * Which messages of each author arrived here: each has its number, counted by its author, so that none counts twice
 * however late it comes again, and a gap is seen. The count begins anew with each epoch: an author who lost it takes a
 * later one. Bounded in authors, epochs and gaps.
 */
import type { PeerId } from '#src/domain/ids.js';
import { RangeSet } from '#src/domain/range-set.js';

/** Where a message stands among those of its author. */
export type Place = {
  readonly author: PeerId;
  /** Later ones are larger. */
  readonly epoch: number;
  /** From 1. */
  readonly sequence: number;
};

/** Messages `[from, to)` of one author's epoch. */
export type Run = { readonly from: number; readonly to: number };

/** What somebody has of an author. */
export type AuthorRow = {
  readonly author: PeerId;
  readonly epoch: number;
  readonly runs: readonly Run[];
};

/** As many as one summary may name. */
const MOST_AUTHORS = 1024;
/** An author loses his count when he loses his disk: not often. */
const MOST_EPOCHS = 3;
/** Older gaps will not be filled any more. */
const MOST_GAPS = 64;

type Author = Map<number, RangeSet>;

export class Reception {
  /** Who was heard last is last. */
  readonly #authors = new Map<PeerId, Author>();

  /** @returns whether it is here for the first time. What is too old to know is taken to have been here. */
  accept({ author, epoch, sequence }: Place): boolean {
    return this.acceptRun(author, epoch, sequence, sequence + 1);
  }

  /** Messages `[from, to)` at once. @returns whether any of them is new. */
  acceptRun(author: PeerId, epoch: number, from: number, to: number): boolean {
    const epochs = this.#authors.get(author) ?? new Map<number, RangeSet>();
    const received = epochs.get(epoch) ?? new RangeSet();
    if (!epochs.has(epoch) && !makeRoom(epochs, epoch)) return false;
    if (received.add(from, to) === 0) return false;
    if (received.runs > MOST_GAPS) received.add(received.startOf(0), received.startOf(1));
    epochs.set(epoch, received);
    this.#authors.delete(author);
    this.#authors.set(author, epochs);
    const [oldest] = this.#authors.keys();
    if (this.#authors.size > MOST_AUTHORS && oldest !== undefined) this.#authors.delete(oldest);
    return true;
  }

  has({ author, epoch, sequence }: Place): boolean {
    return this.#authors.get(author)?.get(epoch)?.has(sequence) === true;
  }

  /** Whether it was here, or is of an epoch too old to know. */
  knows(place: Place): boolean {
    const epochs = this.#authors.get(place.author);
    if (epochs === undefined || epochs.has(place.epoch)) return this.has(place);
    return epochs.size >= MOST_EPOCHS && place.epoch < Math.min(...epochs.keys());
  }

  rowsOf(author: PeerId): readonly AuthorRow[] {
    return rowsOf(author, this.#authors.get(author) ?? NONE);
  }

  /** All that is here, in the order in which authors were heard. */
  get rows(): readonly AuthorRow[] {
    return Array.from(this.#authors, ([author, epochs]) => rowsOf(author, epochs)).flat();
  }

  /** @returns what is here and is not in those rows. */
  beyond(rows: readonly AuthorRow[]): readonly AuthorRow[] {
    const theirs = new Map(rows.map((row) => [`${row.author} ${row.epoch}`, row.runs]));
    return this.rows.flatMap((row) => {
      const runs = minus(row.runs, theirs.get(`${row.author} ${row.epoch}`) ?? []);
      return runs.length === 0 ? [] : [{ ...row, runs }];
    });
  }

  /** Whether those rows have anything that is not here. */
  lacks(rows: readonly AuthorRow[]): boolean {
    return rows.some(({ author, epoch, runs }) => {
      const received = this.#authors.get(author)?.get(epoch);
      if (received === undefined) return runs.length > 0;
      return minus(runs, runsOf(received)).length > 0;
    });
  }
}

const NONE: Author = new Map();

function rowsOf(author: PeerId, epochs: Author): readonly AuthorRow[] {
  return Array.from(epochs, ([epoch, received]) => ({ author, epoch, runs: runsOf(received) }));
}

/** Older epochs make room for later ones, never the other way round. */
function makeRoom(epochs: Author, epoch: number): boolean {
  if (epochs.size < MOST_EPOCHS) return true;
  const oldest = Math.min(...epochs.keys());
  if (epoch < oldest) return false;
  epochs.delete(oldest);
  return true;
}

function runsOf(received: RangeSet): readonly Run[] {
  return Array.from({ length: received.runs }, (_, run) => ({
    from: received.startOf(run),
    to: received.endOf(run),
  }));
}

function minus(ours: readonly Run[], theirs: readonly Run[]): readonly Run[] {
  const left = new RangeSet();
  for (const { from, to } of ours) left.add(from, to);
  for (const { from, to } of theirs) left.remove(from, to);
  return runsOf(left);
}
