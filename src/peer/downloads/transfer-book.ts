/** What is told of transfers, neither too often nor too seldom, and those that ended since the start. */
import type { TransferEvent, TransferRow } from '#src/peer/transfer-rows.js';

/** A row changes with every chunk; people read no faster. */
const TOLD_MS = 1000;

/** Rows of transfers that are over: a few screens. The oldest goes first. */
const MOST_ENDED = 100;

export class TransferBook {
  readonly #tell: (event: TransferEvent) => void;
  readonly #now: () => number;
  readonly #told = new Map<string, Pick<TransferRow, 'state' | 'id'> & { readonly at: number }>();
  readonly #ended = new Map<string, TransferRow>();

  /** @param now monotonic ms. */
  constructor(tell: (event: TransferEvent) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  /** The newest last. */
  get ended(): readonly TransferRow[] {
    return [...this.#ended.values()];
  }

  /** @param row how it is now; it may have changed or not. */
  note(row: TransferRow): void {
    const told = this.#told.get(row.transferId);
    const at = this.#now();
    const { state, id } = row;
    if (told?.state === state && told.id === id && at - told.at < TOLD_MS) return;
    this.#ended.delete(row.transferId);
    this.#told.set(row.transferId, { state, id, at });
    this.#tell({ type: 'transfer', ...row });
  }

  /** It runs no more; what follows of it is another run. @param ending where that is its end */
  end(row: TransferRow, ending?: TransferEvent): void {
    this.#told.delete(row.transferId);
    this.#ended.delete(row.transferId);
    this.#ended.set(row.transferId, row);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest);
    this.#tell({ type: 'transfer', ...row });
    if (ending !== undefined) this.#tell(ending);
  }
}
