/**
 * What is said here to everybody: no more than others hear, each under a number of its own, and awaited until it is stored
 * here. `counts` of the database holds how far ours are numbered.
 */
import { P2pError } from '#src/domain/errors.js';
import { AUTHOR_RATE } from '#src/domain/mesh/author-rate.js';
import { checkedText } from '#src/domain/mesh/message-text.js';
import { nextOwnCount, type OwnCount } from '#src/domain/mesh/own-count.js';
import type { AuthorRow } from '#src/domain/mesh/reception.js';
import { type Bucket, takeToken } from '#src/domain/rates/token-bucket.js';
import type { Database } from '#src/io/disk/database.js';
import type { Crew } from '#src/peer/crew.js';
import type { MessageRow } from '#src/peer/rows.js';

const OWN = 'own';

/** The mesh answers at once; while it is being restarted it takes a second or two. */
const SAY_MS = 10_000;

type Awaited = {
  readonly resolve: (row: MessageRow) => void;
  readonly reject: (error: P2pError) => void;
  readonly timer: NodeJS.Timeout;
};

export class OwnSayings {
  readonly #database: Pick<Database, 'get' | 'put'>;
  /** By epoch and number. */
  readonly #awaited = new Map<string, Awaited>();
  #last: OwnCount | undefined;
  #said: Bucket | undefined;

  constructor(database: Pick<Database, 'get' | 'put'>) {
    this.#database = database;
  }

  /** How far earlier starts have numbered. */
  async read(): Promise<void> {
    this.#last = await this.#database.get('counts', OWN);
  }

  /**
   * @param heard what is known of our own messages, from others too
   * @returns it as it is stored here. @throws P2pError `usage`, `limit`, `data-failed`, `timed-out`, `closed`
   */
  async say(
    text: string,
    heard: readonly AuthorRow[],
    crew: Pick<Crew, 'send'>,
  ): Promise<MessageRow> {
    checkedText(text);
    this.#requireRate();
    const count = await this.#number(heard);
    const key = keyOf(count);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#awaited.delete(key);
        reject(new P2pError('timed-out', 'the message could not be sent: the mesh is restarting'));
      }, SAY_MS);
      this.#awaited.set(key, { resolve, reject, timer });
      crew.send('mesh', { type: 'say', ...count, sentAt: Date.now(), text });
    });
  }

  stored(count: OwnCount, row: MessageRow): void {
    this.#settle(count)?.resolve(row);
  }

  notStored(count: OwnCount, error: Error): void {
    const why = `it is on its way, and could not be stored here: ${error.message}`;
    this.#settle(count)?.reject(new P2pError('data-failed', why, { cause: error }));
  }

  /** Nothing is awaited any more. */
  close(): void {
    for (const { reject, timer } of this.#awaited.values()) {
      clearTimeout(timer);
      reject(new P2pError('closed', 'the peer has ended'));
    }
    this.#awaited.clear();
  }

  /** @returns who waits for it, if anybody, and from now on nobody. */
  #settle(count: OwnCount): Awaited | undefined {
    const awaited = this.#awaited.get(keyOf(count));
    clearTimeout(awaited?.timer);
    this.#awaited.delete(keyOf(count));
    return awaited;
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
  async #number(heard: readonly AuthorRow[]): Promise<OwnCount> {
    const count = nextOwnCount(this.#last, heard, Date.now());
    this.#last = count;
    await this.#database.put('counts', OWN, count);
    return count;
  }
}

function keyOf({ epoch, sequence }: OwnCount): string {
  return `${epoch} ${sequence}`;
}
