/**
 * Files that are had at once, as from memory or the page cache, are used on the calling thread: a hop through libuv's
 * threads takes ten times as long as opening, reading and closing a small one. As soon as the disk is slower than a
 * hop, calls go there, where several wait at a time and the calling thread waits for none.
 */
import { setImmediate } from 'node:timers/promises';

/** What a hop takes; whatever is slower is better waited for elsewhere. */
const HOP_MS = 0.1;

/**
 * How much longer than hops calls here may have taken, all in all, before they go elsewhere. One that a busy machine
 * held up for a slice of its scheduler says nothing of the disk, and thirty quick ones make up for it; a disk that
 * has to be waited for is found out by its first call, or the next few.
 */
const MOST_LATE_MS = 3;

/** So many calls are made elsewhere before another is tried here: one that blocks stays rare. */
const SLOW_CALLS = 16;

/** A disk at rest may have to spin up, and what was cached may be gone. */
const RECENT_MS = 1000;

/** The thread has other things to do too. */
const TURN_MS = 5;

export class QuickDisk {
  #slowCalls = 1;
  /** By how much calls here were slower than hops, less what others were quicker by. */
  #lateMs = 0;
  #usedAt = Number.NEGATIVE_INFINITY;
  #turnBeganAt = Number.NEGATIVE_INFINITY;

  /** Does the same in one of two ways: `here` without waiting for anything, or `elsewhere`. */
  async use<T>(here: () => T, elsewhere: () => Promise<T>): Promise<T> {
    if (performance.now() - this.#turnBeganAt > TURN_MS) await this.#yield();
    const startedAt = performance.now();
    const isQuick = this.#isQuick(startedAt);
    try {
      return isQuick ? here() : await elsewhere();
    } finally {
      this.#took(performance.now() - startedAt, isQuick);
    }
  }

  /**
   * The same without a promise, which costs as much as a quick call: for many in a row. @returns undefined where it was not
   * done, for then it is not quick here, or others have their turn: `use` does it.
   */
  useHere<T extends {}>(here: () => T): T | undefined {
    const startedAt = performance.now();
    if (startedAt - this.#turnBeganAt > TURN_MS || !this.#isQuick(startedAt)) return undefined;
    try {
      return here();
    } finally {
      this.#took(performance.now() - startedAt, true);
    }
  }

  #isQuick(now: number): boolean {
    return this.#slowCalls === 0 && now - this.#usedAt < RECENT_MS;
  }

  #took(ms: number, wasHere: boolean): void {
    this.#usedAt = performance.now();
    if (!wasHere) {
      this.#slowCalls = Math.max(0, this.#slowCalls - 1);
      return;
    }
    this.#lateMs = Math.max(0, this.#lateMs + ms - HOP_MS);
    if (this.#lateMs <= MOST_LATE_MS) return;
    this.#slowCalls = SLOW_CALLS;
    this.#lateMs = MOST_LATE_MS;
  }

  async #yield(): Promise<void> {
    await setImmediate();
    this.#turnBeganAt = performance.now();
  }
}
