/**
 * What is said to everybody: keeps all that were heard, and tells each of them once. A message is told once it is stored, so
 * that no restart tells it again. `messages` of the database holds the newest ones, `authors` which were ever here,
 * `horizon` until when those spoke who are no longer among them. Ours are numbered by `own-sayings.ts`.
 */

import type { PeerId } from '#src/domain/ids.js';
import { Reception } from '#src/domain/mesh/reception.js';
import type { HeardMessage, History } from '#src/domain/mesh/said-news.js';
import { newestRows } from '#src/domain/talk/newest-rows.js';
import type { Database } from '#src/io/disk/database.js';
import type { MessageRecord } from '#src/io/disk/talk-rows.js';
import type { Crew } from '#src/peer/crew.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { Home } from '#src/peer/home.js';
import type { MessageRow } from '#src/peer/rows.js';
import { databaseError } from '#src/peer/shares/share-news.js';
import { authorKey, authorRecord, authorRow } from './author-rows.js';
import { OwnSayings } from './own-sayings.js';

/** What a group says in months, in some megabytes. */
const MOST_KEPT = 10_000;
/** Kept for others who were away. A new life of the mesh is given them all. */
const MOST_GIVEN = 2000;
/** Waiting for a disk: twice what history brings at once, 16 MiB of the longest. More are dropped, and come by history. */
const MOST_QUEUED = 4000;
/** Between two sweeps: looking through the keys costs some milliseconds. */
const SWEEP_EVERY = 500;

/** Keys sort as the numbers do. */
const KEY_DIGITS = 12;

const ALL = 'all';

type Kept = { readonly key: number; readonly record: MessageRecord };

export class Conversation {
  readonly #home: Home;
  readonly #isBlocked: (peer: PeerId) => boolean;
  readonly #tell: (event: PeerEvent) => void;
  readonly #own: OwnSayings;
  #reception = new Reception();
  /** Oldest first. */
  readonly #messages: Kept[] = [];
  #nextKey = 0;
  #queued = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    home: Home,
    isBlocked: (peer: PeerId) => boolean,
    tell: (event: PeerEvent) => void,
  ) {
    this.#home = home;
    this.#own = new OwnSayings(home.database);
    this.#isBlocked = isBlocked;
    this.#tell = tell;
  }

  /**
   * Reads what earlier starts have left.
   * @param isBlocked whose messages are kept and passed on, since others decide for themselves, and not shown here
   */
  static async open(
    home: Home,
    isBlocked: (peer: PeerId) => boolean,
    tell: (event: PeerEvent) => void,
  ): Promise<Conversation> {
    const conversation = new Conversation(home, isBlocked, tell);
    await conversation.#read(home.database);
    return conversation;
  }

  /** What a new life of the mesh is told. */
  get history(): History {
    const newest = this.#messages.slice(-MOST_GIVEN);
    const payloads = newest.map(({ record }) => Buffer.from(record.payload, 'base64'));
    return { rows: this.#reception.rows, horizon: this.#reception.horizon, payloads };
  }

  /** @param before the id of one. @returns the newest before it, oldest first. */
  recent(count: number, before?: string): readonly MessageRow[] {
    const rows = this.all.map(({ row }) => row);
    return newestRows(rows, count, before);
  }

  /** All that are shown, oldest first, with the numbers in which they came here. */
  get all(): readonly { readonly order: number; readonly row: MessageRow }[] {
    const shown = this.#messages.filter(({ record }) => !this.#isBlocked(record.from as PeerId));
    return shown.map(({ key, record }) => ({ order: key, row: rowOf(record) }));
  }

  /** The number of the last that came. */
  get last(): number {
    return this.#nextKey;
  }

  /** Resolves once it is stored here and on its way. @throws P2pError `usage`, `limit`, `data-failed`, `timed-out` */
  say(text: string, crew: Pick<Crew, 'send'>): Promise<MessageRow> {
    return this.#own.say(text, this.#reception.rowsOf(this.#home.self.peerId), crew);
  }

  /** One that the mesh heard, ours too. */
  hear(message: HeardMessage): void {
    const isOurs = message.author === this.#home.self.peerId;
    if (this.#queued >= MOST_QUEUED && !isOurs) return;
    this.#queued += 1;
    this.#writing = this.#writing
      .then(() => this.#take(message))
      .catch((error: Error) => this.#failed(message, error))
      .finally(() => {
        this.#queued -= 1;
      });
  }

  /** Resolves once all is stored. */
  async close(): Promise<void> {
    this.#own.close();
    await this.#writing;
  }

  /** What could not be stored was not here: a later life of the mesh is given it again, by history. */
  async #take(message: HeardMessage): Promise<void> {
    const at = Math.min(message.sentAt, Date.now());
    if (!this.#reception.isNew(message, at)) return;
    const record = recordOf(message);
    const number = this.#nextKey + 1;
    const { database } = this.#home;
    await database.put('messages', String(number).padStart(KEY_DIGITS, '0'), record);
    this.#nextKey = number;
    this.#reception.accept(message, at);
    this.#show(number, record);
    for (const row of this.#reception.rowsOf(message.author)) {
      await database.put('authors', authorKey(row), authorRecord(row));
    }
    await this.#sweep();
  }

  #failed(message: HeardMessage, error: Error): void {
    this.#tell(databaseError(error));
    if (message.author === this.#home.self.peerId) this.#own.notStored(message, error);
  }

  #show(key: number, record: MessageRecord): void {
    this.#messages.push({ key, record });
    if (this.#messages.length > MOST_KEPT) this.#messages.shift();
    const row = rowOf(record);
    if (this.#isBlocked(row.from)) return;
    this.#tell({ type: 'message', ...row });
    if (record.from === this.#home.self.peerId) this.#own.stored(record, row);
  }

  async #read(database: Database): Promise<void> {
    const horizon = await database.get('horizon', ALL);
    this.#reception = new Reception(horizon?.at);
    for (const [, record] of await database.all('authors')) {
      this.#reception.acceptRow(authorRow(record));
    }
    for (const [key, record] of await database.all('messages')) {
      this.#nextKey = Math.max(this.#nextKey, Number(key));
      // What was stored just before the power went may not be among the authors yet.
      const { from, epoch, sequence, sentAt } = record;
      const at = Math.min(sentAt, Date.now());
      this.#reception.accept({ author: from as PeerId, epoch, sequence }, at);
      this.#messages.push({ key: Number(key), record });
    }
    await this.#own.read();
    await this.#forgetAuthors();
  }

  /** Of more authors and epochs than are followed nothing is kept, but until when they spoke. */
  async #forgetAuthors(): Promise<void> {
    const { database } = this.#home;
    const followed = new Set(this.#reception.rows.map(authorKey));
    const rows = await database.all('authors');
    const forgotten = rows.map(([key]) => key).filter((key) => !followed.has(key));
    if (forgotten.length === 0) return;
    await database.put('horizon', ALL, { at: this.#reception.horizon });
    for (const key of forgotten) await database.remove('authors', key);
  }

  async #sweep(): Promise<void> {
    if (this.#nextKey % SWEEP_EVERY !== 0) return;
    const { database } = this.#home;
    const rows = await database.all('messages');
    for (const [key] of rows.slice(0, Math.max(0, rows.length - MOST_KEPT))) {
      await database.remove('messages', key);
    }
    await this.#forgetAuthors();
  }
}

function recordOf({ author, payload, ...message }: HeardMessage): MessageRecord {
  const { id, epoch, sequence, name, text, sentAt } = message;
  const base64 = Buffer.from(payload).toString('base64');
  return { payload: base64, id, from: author, epoch, sequence, name, text, sentAt };
}

function rowOf({ id, from, name, text, sentAt }: MessageRecord): MessageRow {
  return { id, from: from as PeerId, name, text, sentAt, private: false };
}
