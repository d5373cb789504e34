/**
 * Private messages, said and heard: `private` of the database holds the newest, `privateAuthors` which were ever here,
 * `counts` how far ours to each peer are numbered. Ours to one peer are counted by themselves: whom they are not for
 * learns nothing of them, not even from gaps.
 */
import type { PeerId } from '#src/domain/ids.js';
import { nextOwnCount, type OwnCount } from '#src/domain/mesh/own-count.js';
import { type AuthorRow, Reception } from '#src/domain/mesh/reception.js';
import type { HeardMessage } from '#src/domain/mesh/said-news.js';
import { PrivateShelf, type Shelved } from '#src/domain/talk/private-shelf.js';
import type { Database } from '#src/io/disk/database.js';
import type { PrivateRecord, PrivateState } from '#src/io/disk/talk-rows.js';
import type { MessageRow } from '#src/peer/rows.js';
import { authorKey, authorRecord, authorRow } from './author-rows.js';

/** Keys sort as the numbers do. */
const KEY_DIGITS = 12;

/** Counts of ours that are remembered: as many as peers are. A forgotten one begins anew with a later epoch. */
const MOST_COUNTS = 1024;

const COUNT_PREFIX = 'to ';

export type Kept = Shelved & { readonly record: PrivateRecord };

export class PrivateMessages {
  readonly #database: Database;
  readonly #self: PeerId;
  readonly #shelf = new PrivateShelf<Kept>();
  readonly #reception = new Reception();
  /** Whoever was told something last is last. */
  readonly #counts = new Map<string, OwnCount>();
  /** Counts that nothing of this life has gone on from. */
  readonly #earlier = new Set<string>();
  #lastKey = 0;

  private constructor(database: Database, self: PeerId) {
    this.#database = database;
    this.#self = self;
  }

  static async open(database: Database, self: PeerId): Promise<PrivateMessages> {
    const messages = new PrivateMessages(database, self);
    await messages.#read();
    return messages;
  }

  /** Of one peer, or of all; the oldest first. */
  kept(other?: PeerId): readonly Kept[] {
    return this.#shelf.all(other);
  }

  /** @returns ours to that peer of this id. */
  ours(id: string, to: PeerId): Kept | undefined {
    return this.kept(to).find(({ record }) => record.id === id && record.from === this.#self);
  }

  /** Whether one of its number was here before, or may have been. */
  knows(message: HeardMessage): boolean {
    return this.#reception.knows(message);
  }

  /** Whether the one of its number that was here is this one, as far as is known of those that are kept no longer. */
  isStored(message: HeardMessage): boolean {
    const { author, epoch, sequence, id } = message;
    const twin = this.kept(author).find(
      ({ record: { from, ...record } }) =>
        from === author && record.epoch === epoch && record.sequence === sequence,
    );
    return twin === undefined ? this.#reception.has(message) : twin.record.id === id;
  }

  /** Resolves once it is stored. @param after the last message to all that was here before it. */
  async add(message: HeardMessage, to: PeerId, state: PrivateState, after: number): Promise<Kept> {
    const record = recordOf(message, to, state, after);
    this.#lastKey += 1;
    const kept = this.#keptOf(String(this.#lastKey).padStart(KEY_DIGITS, '0'), record);
    await this.#database.put('private', kept.key, record);
    // Dated by when it came: it comes from its author himself, who may have kept it for long.
    if (state === 'received') this.#reception.accept(message, Date.now());
    await this.#shelve(kept);
    return kept;
  }

  /** Writes down which of its author's were here, for when it is kept no longer. */
  async markHeard({ author }: HeardMessage): Promise<void> {
    for (const row of this.#reception.rowsOf(author)) {
      await this.#database.put('privateAuthors', authorKey(row), authorRecord(row));
    }
  }

  /** Resolves once it is stored what became of it. */
  async change({ key, record }: Kept, state: PrivateState): Promise<Kept> {
    const kept = this.#keptOf(key, { ...record, state });
    await this.#database.put('private', key, kept.record);
    await this.#shelve(kept);
    return kept;
  }

  /**
   * The next number of ours to that peer, taken before it is used: one that was used twice would never be shown. An
   * earlier life's count may come from a backup, and nobody tells what was said after it: so each life has a later epoch.
   */
  async number(to: PeerId): Promise<OwnCount> {
    const key = `${COUNT_PREFIX}${to}`;
    const before = this.#counts.get(key);
    const known = [...this.#rowsTo(to), ...(before === undefined ? [] : [this.#rowOf(before)])];
    const last = this.#earlier.delete(key) ? undefined : before;
    const count = nextOwnCount(last, known, Date.now());
    this.#counts.delete(key);
    this.#counts.set(key, count);
    await this.#database.put('counts', key, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MOST_COUNTS && oldest !== undefined) {
      this.#counts.delete(oldest);
      await this.#database.remove('counts', oldest);
    }
    return count;
  }

  #rowsTo(to: PeerId): readonly AuthorRow[] {
    const ours = this.kept(to).filter(({ record }) => record.from === this.#self);
    return ours.map(({ record }) => this.#rowOf(record));
  }

  #rowOf({ epoch, sequence }: OwnCount): AuthorRow {
    return { author: this.#self, epoch, runs: [{ from: sequence, to: sequence + 1 }] };
  }

  async #shelve(kept: Kept): Promise<void> {
    for (const { key } of this.#shelf.put(kept)) await this.#database.remove('private', key);
  }

  #keptOf(key: string, record: PrivateRecord): Kept {
    const { from, to, payload, state } = record;
    const other = (from === this.#self ? to : from) as PeerId;
    return { key, other, bytes: payload.length, isWaiting: state === 'waiting', record };
  }

  async #read(): Promise<void> {
    for (const [key, count] of await this.#database.all('counts')) {
      if (!key.startsWith(COUNT_PREFIX)) continue;
      this.#counts.set(key, count);
      this.#earlier.add(key);
    }
    for (const [, record] of await this.#database.all('privateAuthors')) {
      this.#reception.acceptRow(authorRow(record));
    }
    for (const [key, record] of await this.#database.all('private')) {
      this.#lastKey = Math.max(this.#lastKey, Number(key));
      const { from, epoch, sequence, state } = record;
      // What was stored just before the power went may not be among the authors yet.
      if (state === 'received') {
        this.#reception.accept({ author: from as PeerId, epoch, sequence }, Date.now());
      }
      await this.#shelve(this.#keptOf(key, record));
    }
    await this.#forgetAuthors();
  }

  /** Of more authors and epochs than are followed nothing is kept. */
  async #forgetAuthors(): Promise<void> {
    const followed = new Set(this.#reception.rows.map(authorKey));
    for (const [key] of await this.#database.all('privateAuthors')) {
      if (!followed.has(key)) await this.#database.remove('privateAuthors', key);
    }
  }
}

/** What the user and programs see of it. */
export function privateRow({ record }: Kept): MessageRow {
  const { id, from, name, to, text, sentAt, state } = record;
  const row = { id, from: from as PeerId, name, to: to as PeerId, text, sentAt, private: true };
  return state === 'received' ? row : { ...row, state };
}

function recordOf(
  { author, payload, ...message }: HeardMessage,
  to: PeerId,
  state: PrivateState,
  after: number,
): PrivateRecord {
  const { id, epoch, sequence, name, text, sentAt } = message;
  const base64 = Buffer.from(payload).toString('base64');
  const said = { payload: base64, id, from: author, epoch, sequence, name, text, sentAt };
  return { ...said, to, state, after };
}
