/** What the user can do with what he accepted and is not fetched now, beyond what he can with any download: see why, go on, give up. */
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { awayOf, isWanting } from '#src/domain/send/standstill.js';
import { transferIdOf } from '#src/domain/send/transfer.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { DownloadTrouble } from '#src/peer/api.js';
import { MOST_ENDED } from '#src/peer/downloads/ended-transfers.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';
import type { Receive, ReceiveBook } from './receive-book.js';
import { isHisAlone, senderOf } from './receive-givers.js';
import type { ReceiveRest } from './receive-rest.js';

/** Rows of what does not run. */
const IDLE: ReadonlySet<TransferRow['state']> = new Set(['paused', 'failed'] as const);

type Around = {
  readonly book: ReceiveBook;
  readonly run: (receive: Receive) => void;
  readonly rest: Pick<ReceiveRest, 'lacking' | 'completes'>;
  /** Asks its sender for what did not come. @throws P2pError `offline` */
  readonly ask: (receive: Receive) => Promise<void>;
  /** Nothing of it is wanted any more, and its sender hears that. */
  readonly giveUp: (receive: Receive) => void;
  /** Its sender is linked. */
  readonly isHere: (receive: Receive) => boolean;
};

export class ReceiveControl {
  readonly #with: Around;

  constructor(around: Around) {
    this.#with = around;
  }

  /**
   * @returns the rows with why those do not run that were sent here and what is missing of those that are over, and behind
   * them those that have no download.
   */
  rowsWith(downloads: readonly TransferRow[]): readonly TransferRow[] {
    const { open, over } = this.#with.book;
    const idle = new Map(this.#idle.map((receive) => [idOf(receive), receive] as const));
    const whole = new Map(over.map((receive) => [idOf(receive), receive] as const));
    const rows = downloads.map((row) => {
      if (row.state === 'completed') return asNow(row, whole.get(row.transferId));
      const receive = IDLE.has(row.state) ? idle.get(row.transferId) : undefined;
      const isHis = receive !== undefined && receive.record.from === row.peerId;
      return isHis ? { ...row, ...this.#standing(receive) } : row;
    });
    const shown = new Set(downloads.map(({ transferId }) => transferId));
    const standing = open.map((one) => ({ ...this.#row(one), ...this.#standing(one) }));
    const beside = [...over.slice(-MOST_ENDED).map((one) => this.#overRow(one)), ...standing];
    return [...rows, ...beside.filter(({ transferId }) => !shown.has(transferId))];
  }

  #standing(receive: Receive): Pick<TransferRow, 'state' | 'why'> | Record<string, never> {
    const { failure, isRunning } = receive;
    if (isRunning || failure === undefined) return {};
    const isAway = isWanting(failure) && !this.#with.isHere(receive);
    if (isAway && isHisAlone(receive)) return { state: 'waiting', why: awayOf(senderOf(receive)) };
    return { state: 'failed', why: { code: failure.code, message: failure.message } };
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
      return this.#row(receive);
    });
  }

  /** @returns those that are called so, whose sender was asked for what did not come. @throws P2pError `offline` */
  async again(word: string): Promise<readonly TransferRow[]> {
    const lacking = this.#with.rest.lacking((record) => isCalled(record, word));
    for (const receive of lacking) await this.#with.ask(receive);
    return lacking.map((one) => this.#overRow(one));
  }

  /** What goes on as a download is received, too: at its end its sender gets the receipt. */
  follow(downloads: readonly TransferRow[]): void {
    for (const receive of this.#those(downloads)) this.#with.run(receive);
  }

  /** The same of a content, or a draft. */
  followContent(content: ContentId): void {
    for (const receive of this.#idle) {
      const { id, draft } = receive.record;
      if (id === content || draft === content) this.#with.run(receive);
    }
  }

  /** Its user has tried it before anybody could follow it: what keeps it is this by now, and not what kept it before. */
  failedAgain({ id: content, code, message }: DownloadTrouble): void {
    for (const receive of this.#idle) {
      const { id, draft } = receive.record;
      const isIt = content !== undefined && (id === content || draft === content);
      if (isIt && code !== 'cancelled') receive.failure = { code, message };
    }
  }

  /** @returns the one that is called so and is given up; undefined where no such one failed. */
  cancel(word: string): TransferRow | undefined {
    const [receive] = this.#called(word);
    if (receive === undefined) return undefined;
    this.#with.giveUp(receive);
    return { ...this.#row(receive), state: 'cancelled' };
  }

  /** What was thrown away as a download is not received either. */
  forget(download: TransferRow): void {
    for (const receive of this.#those([download])) this.#with.giveUp(receive);
  }

  /** As long as nothing of it is here. */
  #row({ record }: Receive): TransferRow {
    const completes = this.#with.rest.completes(record);
    return { ...rowOf(record), ...(completes && { completes }) };
  }

  /** All of it is here. */
  #overRow(receive: Receive): TransferRow {
    const { bytes, files } = receive.record;
    const all = { bytes, totalBytes: bytes, filesDone: files };
    return { ...this.#row(receive), state: 'completed', ...all };
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

/** With what is missing of it by now. */
function asNow(row: TransferRow, receive: Receive | undefined): TransferRow {
  return receive === undefined ? row : { ...row, failed: receive.record.failedCount ?? 0 };
}

function rowOf(record: ReceiveRecord): TransferRow {
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
