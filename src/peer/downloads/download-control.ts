/** What the user can do with downloads that are under way or unfinished: pause, go on, throw away, prefer. */
import { P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { printable } from '#src/domain/printable.js';
import { type Priority, transferIdOf } from '#src/domain/send/transfer.js';
import type { ManifestStore } from '#src/io/content/manifest-store.js';
import type { DownloadRecord } from '#src/io/disk/database-rows.js';
import type { WhichTransfers } from '#src/peer/api.js';
import type { PendingWork } from '#src/peer/pending-work.js';
import type { Library } from '#src/peer/shares/library.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import { type Entry, failureEvent, rowOf, unfinishedRow } from './download-entry.js';
import { alreadyWhole, DISCARDED } from './download-error.js';
import type { EndedRow } from './ended-transfers.js';
import type { Endings } from './endings.js';
import { settle } from './held-back.js';
import { stagedBefore } from './staged-before.js';
import type { TransferBook } from './transfer-book.js';
import { called, type Unfinished } from './unfinished.js';

const CANCELLED_ROW = {
  direction: 'down',
  state: 'cancelled',
  bytesPerSecond: 0,
  etaMs: null,
  sources: 0,
} as const;

type Around = {
  readonly entries: ReadonlyMap<ContentId, Entry>;
  readonly unfinished: Unfinished;
  readonly manifests: ManifestStore;
  readonly book: TransferBook;
  /** Lets one run that does not, or lets it go on. */
  readonly go: (record: DownloadRecord) => Promise<void>;
  /** Ends a run. */
  readonly letGo: (entry: Entry) => void;
  readonly library: Library;
  readonly endings: Endings;
  readonly pending: PendingWork;
  readonly shareSlots: () => void;
};

export class DownloadControl {
  readonly #with: Around;

  constructor(around: Around) {
    this.#with = around;
  }

  /** Those that run, what is unfinished, and those that ended, the newest last. */
  async rows(): Promise<readonly TransferRow[]> {
    const { entries, unfinished, book } = this.#with;
    const records = await unfinished.all();
    const running = [...entries.values()].map(rowOf);
    const known = new Set([...running, ...book.ended].map(({ id }) => id));
    const idle = await Promise.all(
      records.filter(({ id }) => !known.has(id)).map((record) => this.#row(record)),
    );
    const over = book.ended.filter(({ id }) => id === null || !entries.has(id));
    return [...running, ...idle, ...over];
  }

  /** How much of it is here. @param draft by which it was begun */
  reached(draft: ContentId): number | undefined {
    const isThis = ({ running: { record } }: Entry) => (record.draft ?? record.id) === draft;
    const entry = [...this.#with.entries.values()].find(isThis);
    return entry && rowOf(entry).bytes;
  }

  /** @returns whether something unfinished is called so. */
  async has(word: string): Promise<boolean> {
    return called(word, await this.#with.unfinished.all()).length > 0;
  }

  /** Kept for later starts; what is being put in its place still is. @throws P2pError `not-found`, `ambiguous` */
  async pause(which: WhichTransfers): Promise<readonly TransferRow[]> {
    const { entries, unfinished, shareSlots } = this.#with;
    const paused = await this.#meant(which);
    for (const { id } of paused) {
      await unfinished.note(id, { isPaused: true });
      const entry = entries.get(id);
      if (entry === undefined) continue;
      entry.isPaused = true;
      settle(entry);
    }
    shareSlots();
    return this.#rowsOf(paused);
  }

  /**
   * Those that failed are tried anew.
   * @returns of all only those that did not go on already. @throws P2pError `not-found`, `ambiguous`
   */
  async resume(which: WhichTransfers): Promise<readonly TransferRow[]> {
    const meant = await this.#meant(which);
    const records = typeof which === 'string' ? meant : meant.filter((one) => this.#rests(one));
    for (const { id } of records) {
      const record = await this.#with.unfinished.note(id, { isPaused: false });
      if (record !== undefined) await this.#with.go(record);
    }
    return this.#rowsOf(records);
  }

  /** Throws it away with all that arrived, whoever waits for it. @returns how it was. @throws P2pError `exists` where it is whole */
  async cancel(word: string): Promise<TransferRow> {
    const record = await this.#one(word);
    const row = await this.#row(record);
    const over = { ...row, ...CANCELLED_ROW };
    await this.#discard(record, over);
    return over;
  }

  /** Who gets threads and bytes first, later starts included. @throws P2pError `not-found`, `ambiguous` */
  async prefer(word: string, priority: Priority): Promise<TransferRow> {
    const { entries, unfinished, shareSlots } = this.#with;
    const record = await this.#one(word);
    const noted = await unfinished.note(record.id, { priority });
    const entry = entries.get(record.id);
    if (entry !== undefined) {
      entry.priority = priority;
      entry.running.prefer(priority);
    }
    shareSlots();
    return this.#row(noted ?? record);
  }

  async #discard(record: DownloadRecord, row: EndedRow): Promise<void> {
    const { entries, book, letGo, endings, pending } = this.#with;
    const { id, name, target } = record;
    const entry = entries.get(id);
    if (entry?.running.isFinishing === true) throw alreadyWhole(name, target);
    book.end(row, failureEvent(record, DISCARDED));
    if (entry !== undefined) {
      letGo(entry);
      entry.askers.refuse(name, { ...DISCARDED, id });
    }
    await pending.add(endings.hold(id, this.#forget(record, endings.of(id))));
  }

  /** @param ended once nothing of it runs any more. */
  async #forget(record: DownloadRecord, ended: Promise<void>): Promise<void> {
    await ended;
    this.#with.library.remove(`partial:${record.id}`);
    await this.#with.unfinished.endWhole(record, 'record');
  }

  #rowsOf(records: readonly DownloadRecord[]): Promise<readonly TransferRow[]> {
    return Promise.all(records.map((record) => this.#row(record)));
  }

  async #row(record: DownloadRecord): Promise<TransferRow> {
    const { entries, book, manifests } = this.#with;
    const entry = entries.get(record.id);
    if (entry !== undefined) return rowOf(entry);
    const ended = book.ended.find(({ id }) => id === record.id);
    if (ended !== undefined) return ended;
    const row = unfinishedRow(record, record.priority);
    return { ...row, ...(await stagedBefore(record, await manifests.read(record.id), manifests)) };
  }

  #rests({ id, isPaused = false }: DownloadRecord): boolean {
    return isPaused || !this.#with.entries.has(id);
  }

  async #meant(which: WhichTransfers): Promise<readonly DownloadRecord[]> {
    return typeof which === 'string' ? [await this.#one(which)] : this.#with.unfinished.all();
  }

  /** @throws P2pError `not-found`, `ambiguous` */
  async #one(word: string): Promise<DownloadRecord> {
    const found = called(word, await this.#with.unfinished.all());
    const [record] = found;
    if (record === undefined) {
      throw new P2pError(
        'not-found',
        `nothing unfinished is called ${printable(word)}: \`transfers\` lists what is`,
      );
    }
    if (found.length > 1) {
      const named = found.map(({ name, id }) => `${printable(name)} (${shortest(id, found)})`);
      throw new P2pError(
        'ambiguous',
        `${printable(word)} means ${found.length} downloads: ${named.join(', ')}; say which by its id`,
      );
    }
    return record;
  }
}

/** As much of an id as tells it from the others. */
function shortest(id: ContentId, all: readonly DownloadRecord[]): string {
  const short = transferIdOf(id);
  return all.some((other) => other.id !== id && other.id.startsWith(short)) ? id : short;
}
