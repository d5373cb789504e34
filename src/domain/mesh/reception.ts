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

/** Half a megabyte, and more than speak in a room. Of others it is known until when they spoke: nothing old is new. */
const MOST_AUTHORS = 1024;
/**
 * Of those forgotten last it is known of each by himself: whoever invents authors, all of them at 200 a second, keeps out
 * nobody whose clock is a minute behind. Two megabytes.
 */
const MOST_FORGOTTEN = 16_384;
/** An author loses his count when he loses his disk: not often. */
const MOST_EPOCHS = 3;
/** Older gaps will not be filled any more. */
const MOST_GAPS = 64;

/** A row as it is remembered. `at`: when the newest of it was said, milliseconds since 1970. */
export type DatedRow = AuthorRow & { readonly at: number };

/** `floor`: what was said no later may have been here before he was forgotten. */
type Author = { readonly epochs: Epochs; readonly at: number; readonly floor: number };
type Epochs = Map<number, RangeSet>;

export class Reception {
  readonly #authors = new Map<PeerId, Author>();
  /** When each spoke last of those forgotten last; of all forgotten before them, and of all of them. */
  readonly #forgotten = new Map<PeerId, number>();
  #floor: number;
  #horizon: number;

  /** @param horizon of an earlier life. */
  constructor(horizon = 0) {
    this.#floor = horizon;
    this.#horizon = horizon;
  }

  /**
   * When the last spoke of all those authors who were forgotten, since others spoke later: to a later life, what is no
   * newer, of an author who is not known, may have been here. Milliseconds since 1970.
   */
  get horizon(): number {
    return this.#horizon;
  }

  /**
   * @param at when it was said; of what is dated ahead, when it came
   * @returns whether it is here for the first time. What is too old to know is taken to have been here.
   */
  accept({ author, epoch, sequence }: Place, at: number): boolean {
    return this.acceptRow({ author, epoch, runs: [{ from: sequence, to: sequence + 1 }], at });
  }

  /** @returns whether it would be accepted. */
  isNew({ author, epoch, sequence }: Place, at: number): boolean {
    const epochs = this.#authors.get(author)?.epochs;
    if (at <= this.#floorOf(author)) return false;
    if (epochs === undefined) return true;
    const received = epochs.get(epoch);
    if (received !== undefined) return !received.has(sequence);
    return epochs.size < MOST_EPOCHS || epoch > Math.min(...epochs.keys());
  }

  /** @returns whether any of it is new. */
  acceptRow({ author, epoch, runs, at }: DatedRow): boolean {
    const known = this.#authors.get(author);
    const floor = this.#floorOf(author);
    if (at <= floor) return false;
    const epochs: Epochs = known?.epochs ?? new Map<number, RangeSet>();
    const received = epochs.get(epoch) ?? new RangeSet();
    if (!epochs.has(epoch) && !makeRoom(epochs, epoch)) return false;
    const added = runs.reduce((sum, { from, to }) => sum + received.add(from, to), 0);
    if (added === 0) return false;
    while (received.runs > MOST_GAPS) received.add(received.startOf(0), received.startOf(1));
    epochs.set(epoch, received);
    this.#authors.set(author, { epochs, at: Math.max(known?.at ?? at, at), floor });
    if (this.#authors.size > MOST_AUTHORS) this.#forgetOldest();
    return true;
  }

  has({ author, epoch, sequence }: Place): boolean {
    return this.#authors.get(author)?.epochs.get(epoch)?.has(sequence) === true;
  }

  /** Whether it was here, or is of an epoch too old to know. */
  knows(place: Place): boolean {
    const epochs = this.#authors.get(place.author)?.epochs;
    if (epochs === undefined || epochs.has(place.epoch)) return this.has(place);
    return epochs.size >= MOST_EPOCHS && place.epoch < Math.min(...epochs.keys());
  }

  /** @returns how many of its author are here from that one on. */
  countFrom({ author, epoch, sequence }: Place): number {
    const later = this.rowsOf(author).filter((row) => row.epoch >= epoch);
    return later.reduce((sum, row) => {
      const first = row.epoch === epoch ? sequence : 0;
      return row.runs.reduce(
        (all, { from, to }) => all + Math.max(0, to - Math.max(from, first)),
        sum,
      );
    }, 0);
  }

  rowsOf(author: PeerId): readonly DatedRow[] {
    const known = this.#authors.get(author);
    return known === undefined ? [] : rowsOf(author, known);
  }

  /** All that is here. */
  get rows(): readonly DatedRow[] {
    return Array.from(this.#authors, ([author, known]) => rowsOf(author, known)).flat();
  }

  #floorOf(author: PeerId): number {
    const known = this.#authors.get(author);
    return known?.floor ?? Math.max(this.#floor, this.#forgotten.get(author) ?? 0);
  }

  #forgetOldest(): void {
    const ages = Array.from(this.#authors, ([author, { at }]) => ({ author, at }));
    const { author, at } = ages.reduce((one, other) => (other.at < one.at ? other : one));
    this.#authors.delete(author);
    this.#horizon = Math.max(this.#horizon, at);
    this.#forgotten.delete(author);
    this.#forgotten.set(author, at);
    const [first] = this.#forgotten;
    if (this.#forgotten.size <= MOST_FORGOTTEN || first === undefined) return;
    this.#forgotten.delete(first[0]);
    this.#floor = Math.max(this.#floor, first[1]);
  }
}

/** @returns what is in our rows and not in theirs. */
export function beyond(
  ours: readonly AuthorRow[],
  theirs: readonly AuthorRow[],
): readonly AuthorRow[] {
  const runsThere = new Map(theirs.map((row) => [`${row.author} ${row.epoch}`, row.runs]));
  return ours.flatMap((row) => {
    const runs = minus(row.runs, runsThere.get(`${row.author} ${row.epoch}`) ?? []);
    return runs.length === 0 ? [] : [{ ...row, runs }];
  });
}

function rowsOf(author: PeerId, { epochs, at }: Author): readonly DatedRow[] {
  return Array.from(epochs, ([epoch, received]) => ({ author, epoch, runs: runsOf(received), at }));
}

/** Older epochs make room for later ones, never the other way round. */
function makeRoom(epochs: Epochs, epoch: number): boolean {
  if (epochs.size < MOST_EPOCHS) return true;
  const oldest = Math.min(...epochs.keys());
  if (epoch < oldest) return false;
  epochs.delete(oldest);
  return true;
}

export function runsOf(received: RangeSet): readonly Run[] {
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
