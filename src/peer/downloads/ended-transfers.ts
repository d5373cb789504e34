/** Transfers to this peer that are over, as they were then: the last of them, over restarts too. */
import type { Database } from '#src/io/disk/database.js';
import type { EndedRecord } from '#src/io/disk/database-rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';

/** A few screens. The oldest goes first. */
export const MOST_ENDED = 100;

export type EndedRow = TransferRow & Pick<EndedRecord, 'state' | 'direction'>;

export type EndedDatabase = Pick<Database, 'all' | 'put' | 'remove'>;

export class EndedTransfers {
  readonly #database: EndedDatabase;
  readonly #failed: (error: Error) => void;
  /** The newest last. */
  readonly #rows = new Map<string, TransferRow>();
  #lastAt = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: EndedDatabase, failed: (error: Error) => void) {
    this.#database = database;
    this.#failed = failed;
  }

  /** Those of earlier starts. */
  async read(): Promise<void> {
    const stored = await this.#database.all('ended');
    for (const [key, { at, ...row }] of stored.toSorted(([, one], [, two]) => one.at - two.at)) {
      this.#rows.set(key, { ...row, endedAt: at });
    }
  }

  get all(): readonly TransferRow[] {
    return [...this.#rows.values()];
  }

  /** Holds at once, and is stored in its turn. */
  add({ endedAt: _, ...row }: EndedRow): void {
    // Those of one millisecond keep their order, too.
    this.#lastAt = Math.max(Date.now(), this.#lastAt + 1);
    const at = this.#lastAt;
    this.#hold({ ...row, endedAt: at });
    const record = { ...row, at };
    this.#inTurn(() => this.#database.put('ended', row.transferId, record));
  }

  /** It is not over: the next start finds it as what is unfinished. */
  hold(row: TransferRow): void {
    this.remove(row.transferId);
    this.#hold(row);
  }

  /** It goes on. */
  remove(transferId: string): void {
    if (!this.#rows.delete(transferId)) return;
    this.#inTurn(() => this.#database.remove('ended', transferId));
  }

  /** Resolves once all is stored. */
  async written(): Promise<void> {
    await this.#writing;
  }

  #hold(row: TransferRow): void {
    this.#rows.delete(row.transferId);
    this.#rows.set(row.transferId, row);
    const [oldest] = this.#rows.keys();
    if (this.#rows.size > MOST_ENDED && oldest !== undefined) this.remove(oldest);
  }

  #inTurn(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch(this.#failed);
  }
}
