/** How long a source may owe chunks, counted in the caller's ticks: a process that was suspended blames nobody when it wakes. */
import { P2pError } from '#src/domain/errors.js';
import { KiB } from '#src/domain/limits.js';
import { PRIORITY_WEIGHTS } from '#src/domain/send/transfer.js';

/** A source may take this long for a chunk, or for this much of one: a line of 100 kbit/s brings it in six seconds. */
const DEADLINE_MS = 20_000;
const PART_BYTES = 64 * KiB;

/**
 * As long as its own limit holds it back it may take so many times that long, and not for ever: as much less as one of low
 * priority gets of it beside one of high.
 */
const HELD_BACK = PRIORITY_WEIGHTS.high / PRIORITY_WEIGHTS.low;

export class ChunkPatience {
  #waitedMs = 0;
  /** Bytes that had arrived when the last chunk was whole, or the last part of one was told. */
  #toldBytes = 0;

  /** From now on it owes something. */
  begin(): void {
    this.#waitedMs = 0;
  }

  /** A chunk is whole. @param arrivedBytes all that ever arrived. */
  whole(arrivedBytes: number): void {
    this.#waitedMs = 0;
    this.#toldBytes = arrivedBytes;
  }

  /**
   * So much more time has passed in which it owed something and nothing of ours kept it. @param isHeldBack its own limit did
   * @returns bytes of chunks that are not whole yet, where they are enough to be told.
   * @throws P2pError `timed-out`
   */
  tick(ms: number, arrivedBytes: number, isHeldBack: boolean): number {
    const bytes = arrivedBytes - this.#toldBytes;
    const isPart = bytes >= PART_BYTES;
    if (isPart) this.whole(arrivedBytes);
    this.#waitedMs += isHeldBack ? ms / HELD_BACK : ms;
    if (this.#waitedMs <= DEADLINE_MS) return isPart ? bytes : 0;
    throw new P2pError('timed-out', 'it did not bring a chunk in time');
  }
}
