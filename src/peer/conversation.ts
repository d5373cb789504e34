/**
 * What is said to everybody: numbers our own messages, keeps all that were heard, and tells each of them once. A message
 * is told once it is stored, so that no restart tells it again. `messages` of the database holds the newest ones,
 * `authors` which were ever here, `horizon` until when those spoke who are no longer among them, `counts` how far ours are numbered.
 */

import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { AUTHOR_RATE } from '#src/domain/mesh/author-rate.js';
import { checkedText } from '#src/domain/mesh/message-text.js';
import { nextOwnCount, type OwnCount } from '#src/domain/mesh/own-count.js';
import { Reception } from '#src/domain/mesh/reception.js';
import type { HeardMessage, History } from '#src/domain/mesh/said-news.js';
import { type Bucket, takeToken } from '#src/domain/token-bucket.js';
import type { Database } from '#src/io/database.js';
import type { MessageRecord } from '#src/io/database-rows.js';
import { authorKey, authorRecord, authorRow } from './author-rows.js';
import type { Crew } from './crew.js';
import type { PeerEvent } from './events.js';
import type { Home } from './home.js';
import type { MessageRow } from './rows.js';
import { databaseError } from './share-news.js';

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

const OWN = 'own';
const ALL = 'all';

/** The mesh answers at once; while it is being restarted it takes a second or two. */
const SAY_MS = 10_000;

type Kept = { readonly key: number; readonly record: MessageRecord };

type Awaited = {
  readonly resolve: (row: MessageRow) => void;
  readonly reject: (error: P2pError) => void;
  readonly timer: NodeJS.Timeout;
};

export class Conversation {
  readonly #home: Home;
  readonly #isBlocked: (peer: PeerId) => boolean;
  readonly #tell: (event: PeerEvent) => void;
  #reception = new Reception();
  /** Oldest first. */
  readonly #messages: Kept[] = [];
  /** By epoch and number. */
  readonly #awaited = new Map<string, Awaited>();
  #nextKey = 0;
  #own: OwnCount | undefined;
  #queued = 0;
  #said: Bucket | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    home: Home,
    isBlocked: (peer: PeerId) => boolean,
    tell: (event: PeerEvent) => void,
  ) {
    this.#home = home;
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

  /** @returns the newest, oldest first. */
  recent(count: number): readonly MessageRow[] {
    if (count === 0) return [];
    return this.all.map(({ row }) => row).slice(-count);
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
  async say(text: string, crew: Pick<Crew, 'send'>): Promise<MessageRow> {
    checkedText(text);
    this.#requireRate();
    const { epoch, sequence } = await this.#number();
    const key = `${epoch} ${sequence}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#awaited.delete(key);
        reject(new P2pError('timed-out', 'the message could not be sent: the mesh is restarting'));
      }, SAY_MS);
      this.#awaited.set(key, { resolve, reject, timer });
      crew.send('mesh', { type: 'say', epoch, sequence, sentAt: Date.now(), text });
    });
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
    for (const { reject, timer } of this.#awaited.values()) {
      clearTimeout(timer);
      reject(new P2pError('closed', 'the peer has ended'));
    }
    this.#awaited.clear();
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

  #failed({ author, epoch, sequence }: HeardMessage, error: Error): void {
    this.#tell(databaseError(error));
    if (author !== this.#home.self.peerId) return;
    const why = `it is on its way, and could not be stored here: ${error.message}`;
    this.#settle(epoch, sequence)?.reject(new P2pError('data-failed', why, { cause: error }));
  }

  /** @returns who waits for it, if anybody, and from now on nobody. */
  #settle(epoch: number, sequence: number): Awaited | undefined {
    const place = `${epoch} ${sequence}`;
    const awaited = this.#awaited.get(place);
    clearTimeout(awaited?.timer);
    this.#awaited.delete(place);
    return awaited;
  }

  #show(key: number, record: MessageRecord): void {
    this.#messages.push({ key, record });
    if (this.#messages.length > MOST_KEPT) this.#messages.shift();
    const row = rowOf(record);
    if (this.#isBlocked(row.from)) return;
    this.#tell({ type: 'message', ...row });
    if (record.from !== this.#home.self.peerId) return;
    this.#settle(record.epoch, record.sequence)?.resolve(row);
  }

  /** What others would not hear takes no number: they would miss it. */
  #requireRate(): void {
    const { burst, perSecond } = AUTHOR_RATE;
    const bucket = takeToken(this.#said, AUTHOR_RATE, performance.now());
    if (bucket === undefined) {
      const most = `${burst} messages at once and ${perSecond} a second`;
      throw new P2pError('limit', `too much is said at once: others hear ${most} of one author`);
    }
    this.#said = bucket;
  }

  /** The number is taken before it is used: one that was used twice would never be shown. */
  async #number(): Promise<OwnCount> {
    const heard = this.#reception.rowsOf(this.#home.self.peerId);
    const own = nextOwnCount(this.#own, heard, Date.now());
    this.#own = own;
    await this.#home.database.put('counts', OWN, own);
    return own;
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
    this.#own = await database.get('counts', OWN);
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
