/** What the user can do with what he accepted and is not fetched now, beyond what he can with any download: see why, go on, give up. */
import type { PeerId } from '#src/domain/ids.js';
import { transferIdOf } from '#src/domain/send/transfer.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import { MOST_ENDED } from '#src/peer/downloads/ended-transfers.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type { Receive, ReceiveBook } from './receive-book.js';

type Around = {
  readonly book: ReceiveBook;
  readonly run: (receive: Receive) => void;
  /** Those that are here but for some files. */
  readonly lacking: (isCalled: (record: ReceiveRecord) => boolean) => readonly Receive[];
  /** Asks its sender for what did not come. @throws P2pError `offline` */
  readonly ask: (receive: Receive) => Promise<void>;
  /** Nothing of it is wanted any more, and its sender hears that. */
  readonly giveUp: (receive: Receive) => void;
};

export class ReceiveControl {
  readonly #with: Around;

  constructor(around: Around) {
    this.#with = around;
  }

  /** With what is missing of them by now. */
  asNow(downloads: readonly TransferRow[]): readonly TransferRow[] {
    const byId = new Map(this.#with.book.over.map((receive) => [idOf(receive), receive]));
    return downloads.map((row) => {
      const over = row.state === 'completed' ? byId.get(row.transferId) : undefined;
      return over === undefined ? row : { ...row, failed: over.record.failedCount ?? 0 };
    });
  }

  /** Those that are over, those that have no download yet, or failed, in this run, before there was one that could. */
  rowsBeside(downloads: readonly TransferRow[]): readonly TransferRow[] {
    const shown = new Set(downloads.map(({ transferId }) => transferId));
    const { open, over } = this.#with.book;
    const rows = [...over.slice(-MOST_ENDED).map(overRow), ...open.map(shownRow)];
    return rows.filter(({ transferId }) => !shown.has(transferId));
  }

  /** Paths that its sender could not give, as far as he said them. */
  failedFiles({
    transferId,
    peerId,
  }: Pick<TransferRow, 'transferId' | 'peerId'>): readonly string[] {
    const receive = this.#with.book.all.find(
      ({ record: { draft, from } }) => transferIdOf(draft) === transferId && from === peerId,
    );
    return receive?.record.failed ?? [];
  }

  /** Those among them that are called so, or whose id is this. */
  #called(word: string): readonly Receive[] {
    return this.#idle.filter(({ record }) => isCalled(record, word));
  }

  /** @returns how those that are called so go on; none where no such one failed. */
  resume(word: string): readonly TransferRow[] {
    return this.#called(word).flatMap((receive) => {
      this.#with.run(receive);
      return rowOf(receive);
    });
  }

  /** @returns those that are called so, whose sender was asked for what did not come. @throws P2pError `offline` */
  async again(word: string): Promise<readonly TransferRow[]> {
    const lacking = this.#with.lacking((record) => isCalled(record, word));
    for (const receive of lacking) await this.#with.ask(receive);
    return lacking.map(overRow);
  }

  /** What goes on as a download is received, too: at its end its sender gets the receipt. */
  follow(downloads: readonly TransferRow[]): void {
    for (const receive of this.#those(downloads)) this.#with.run(receive);
  }

  /** @returns the one that is called so and is given up; undefined where no such one failed. */
  cancel(word: string): TransferRow | undefined {
    const [receive] = this.#called(word);
    if (receive === undefined) return undefined;
    this.#with.giveUp(receive);
    return { ...rowOf(receive), state: 'cancelled' };
  }

  /** What was thrown away as a download is not received either. */
  forget(download: TransferRow): void {
    for (const receive of this.#those([download])) this.#with.giveUp(receive);
  }

  get #idle(): readonly Receive[] {
    return this.#with.book.open.filter(({ isRunning }) => !isRunning);
  }

  #those(downloads: readonly TransferRow[]): readonly Receive[] {
    return this.#idle.filter(({ record: { draft, from } }) =>
      downloads.some(
        ({ transferId, peerId }) => transferId === transferIdOf(draft) && peerId === from,
      ),
    );
  }
}

function isCalled({ name, draft }: ReceiveRecord, word: string): boolean {
  return name === word || transferIdOf(draft) === word.toLowerCase();
}

function idOf({ record }: Receive): string {
  return transferIdOf(record.draft);
}

function shownRow(receive: Receive): TransferRow {
  const { isRunning, failure } = receive;
  if (isRunning || failure === undefined) return rowOf(receive);
  const why = { code: failure.code, message: failure.message };
  return { ...rowOf(receive), state: 'failed', why };
}

/** All of it is here. */
function overRow(receive: Receive): TransferRow {
  const { bytes } = receive.record;
  return { ...rowOf(receive), state: 'completed', bytes, totalBytes: bytes };
}

/** As long as nothing of it is here. */
function rowOf({ record }: Receive): TransferRow {
  const { draft, id, name, from, fromName, bytes, files, failedCount: failed = 0 } = record;
  return {
    ...({ transferId: transferIdOf(draft), direction: 'down', state: 'waiting' } as const),
    name,
    id: id === '' ? null : id,
    peerId: from as PeerId,
    ...(fromName !== '' && { peerName: fromName }),
    bytes: 0,
    totalBytes: bytes,
    bytesPerSecond: 0,
    etaMs: null,
    sources: 0,
    priority: 'normal',
    files,
    filesDone: null,
    failed,
  };
}
