/**
 * A LevelDB that outlives a full disk. What it appends to its log behind a write that failed is lost at the next
 * start, though it said that it was written; and once its own tidying has failed, it takes nothing more. So after a
 * failed write it is opened anew before the next, and one thing is done after the other: a write that was under way
 * beside the failed one could be one of the lost.
 */
import type { ClassicLevel } from 'classic-level';
import { P2pError } from '#src/domain/errors.js';

/** In the system's words; LevelDB hands on no code. */
const FULL = /no space left|not enough space|quota exceeded/i;

export class MendedLevel {
  readonly #level: ClassicLevel;
  #turn: Promise<unknown> = Promise.resolve();
  #isTorn = false;

  /** @param level open. */
  constructor(level: ClassicLevel) {
    this.#level = level;
  }

  /** @throws P2pError `disk-full` while it cannot be opened anew; LevelDB's errors */
  read<T>(work: (level: ClassicLevel) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#level.status !== 'open') await this.#mend();
      return work(this.#level);
    });
  }

  /** @throws P2pError `disk-full`; LevelDB's errors */
  write(work: (level: ClassicLevel) => Promise<void>): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isTorn) await this.#mend();
      this.#isTorn = true;
      await work(this.#level);
      this.#isTorn = false;
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#level.close());
  }

  async #mend(): Promise<void> {
    await this.#level.close();
    await this.#level.open();
    this.#isTorn = false;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work).catch((error: unknown) => {
      throw named(error);
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

function named(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { message } = error.cause instanceof Error ? error.cause : error;
  if (!FULL.test(message)) return error;
  const full = 'the disk of the data folder is full: make room and try again';
  return new P2pError('disk-full', full, { cause: error });
}
