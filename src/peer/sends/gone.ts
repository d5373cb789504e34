/** What could not be sent any more, as it was gone: it may be back when its user looks at it again. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { toRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import { sendTransferId } from '#src/domain/send/transfer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import type { TransferRow } from '#src/peer/transfer-rows.js';

/** A disk that hangs does not hold up the list of all. */
const MOST_MS = 200;

/** @param error why it cannot be sent. */
export function isGone(error: unknown): boolean {
  return toRecord(error).code === 'not-found';
}

type Listed = { readonly record: SendRecord; readonly rows: readonly TransferRow[] };

/** Whether a path can be read. */
type Look = (path: string) => Promise<boolean>;

const readable: Look = (path) =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  );

export class Absences {
  readonly #look: Look;
  #isLooking = false;

  constructor(look = readable) {
    this.#look = look;
  }

  /**
   * One path at a time, and none while an earlier look has no answer: on a disk that hangs it takes one of the few threads that
   * all files of this process share, and no more.
   * @returns all rows, with what can be done where something is there again.
   */
  async rowsNow(all: readonly Listed[]): Promise<readonly TransferRow[]> {
    const back = this.#isLooking ? NONE : await this.#back(all.filter(isMissing));
    return all.flatMap((one) =>
      back.has(one.record) ? one.rows.map(rowBack(one.record)) : one.rows,
    );
  }

  #back(missing: readonly Listed[]): Promise<ReadonlySet<SendRecord>> {
    this.#isLooking = true;
    const looked = this.#lookAt(missing).finally(() => {
      this.#isLooking = false;
    });
    return Promise.race([looked, setTimeout(MOST_MS, NONE, { ref: false })]);
  }

  async #lookAt(missing: readonly Listed[]): Promise<ReadonlySet<SendRecord>> {
    const back = new Set<SendRecord>();
    for (const { record } of missing) if (await this.#isBack(record)) back.add(record);
    return back;
  }

  /** Of several one is enough: it goes on without the others. */
  async #isBack({ path, parts = [path] }: SendRecord): Promise<boolean> {
    for (const one of parts) if (await this.#look(one)) return true;
    return false;
  }
}

const NONE: ReadonlySet<SendRecord> = new Set();

function isMissing({ record: { failure, isOpen, isGone: wasGone } }: Listed): boolean {
  return !isOpen && failure !== undefined && wasGone === true;
}

function rowBack({ path, offerId, failure }: SendRecord): (row: TransferRow) => TransferRow {
  const what = `${printable(path)} is there again`;
  const message = `${what}: \`resume ${sendTransferId(offerId)}\` goes on sending it`;
  return (row) =>
    row.why?.message === failure ? { ...row, why: { code: 'changed', message } } : row;
}
