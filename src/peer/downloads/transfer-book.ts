/** What is told of transfers, neither too often nor too seldom, and those that ended. */
import type { PeerEvent } from '#src/peer/events.js';
import { databaseError } from '#src/peer/shares/share-news.js';
import type { TransferEvent, TransferRow } from '#src/peer/transfer-rows.js';
import { type EndedDatabase, type EndedRow, EndedTransfers } from './ended-transfers.js';

/** A row changes with every chunk; people read no faster. */
const TOLD_MS = 1000;

export class TransferBook {
  readonly #tell: (event: PeerEvent) => void;
  readonly #now: () => number;
  readonly #told = new Map<string, Pick<TransferRow, 'state' | 'id'> & { readonly at: number }>();
  readonly #ended: EndedTransfers;

  /** @param now monotonic ms. */
  constructor(
    tell: (event: PeerEvent) => void,
    database: EndedDatabase,
    now: () => number = () => performance.now(),
  ) {
    this.#tell = tell;
    this.#ended = new EndedTransfers(database, (error) => tell(databaseError(error)));
    this.#now = now;
  }

  /** Those of earlier starts. */
  begin(): Promise<void> {
    return this.#ended.read();
  }

  /** Resolves once all is stored. */
  written(): Promise<void> {
    return this.#ended.written();
  }

  /** The newest last. */
  get ended(): readonly TransferRow[] {
    return this.#ended.all;
  }

  /** @param row how it is now; it may have changed or not. */
  note(row: TransferRow): void {
    const told = this.#told.get(row.transferId);
    const at = this.#now();
    const { state, id } = row;
    if (told?.state === state && told.id === id && at - told.at < TOLD_MS) return;
    this.#ended.remove(row.transferId);
    this.#told.set(row.transferId, { state, id, at });
    this.#tell({ type: 'transfer', ...row });
  }

  /** It runs no more, and goes on when somebody is back. */
  wait(row: TransferRow): void {
    this.#told.delete(row.transferId);
    this.#ended.hold(row);
    this.#tell({ type: 'transfer', ...row });
  }

  /** It is over; what follows of it is another run. */
  end(row: EndedRow, ending: TransferEvent): void {
    this.#told.delete(row.transferId);
    this.#ended.add(row);
    this.#tell({ type: 'transfer', ...row });
    this.#tell(ending);
  }
}
