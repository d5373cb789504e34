/**
 * Files that are had at once, as from memory or the page cache, are used on the calling thread: a hop through libuv's
 * threads takes ten times as long as opening, reading and closing a small one. As soon as the disk is slower than a
 * hop, calls go there, where several wait at a time and the calling thread waits for none.
 */
import { setImmediate } from 'node:timers/promises';

/** What a hop takes; whatever is slower is better waited for elsewhere. */
const HOP_MS = 0.1;

/** So many calls are made elsewhere before another is tried here: one that blocks stays rare. */
const SLOW_CALLS = 16;

/** A disk at rest may have to spin up, and what was cached may be gone. */
const RECENT_MS = 1000;

/** The thread has other things to do too. */
const TURN_MS = 5;

export class QuickDisk {
  #slowCalls = 1;
  #usedAt = Number.NEGATIVE_INFINITY;
  #turnBeganAt = Number.NEGATIVE_INFINITY;

  /** Does the same in one of two ways: `here` without waiting for anything, or `elsewhere`. */
  async use<T>(here: () => T, elsewhere: () => Promise<T>): Promise<T> {
    if (performance.now() - this.#turnBeganAt > TURN_MS) await this.#yield();
    const startedAt = performance.now();
    const isQuick = this.#slowCalls === 0 && startedAt - this.#usedAt < RECENT_MS;
    try {
      return isQuick ? here() : await elsewhere();
    } finally {
      this.#took(performance.now() - startedAt, isQuick);
    }
  }

  #took(ms: number, wasHere: boolean): void {
    this.#usedAt = performance.now();
    if (!wasHere) this.#slowCalls = Math.max(0, this.#slowCalls - 1);
    else if (ms > HOP_MS) this.#slowCalls = SLOW_CALLS;
  }

  async #yield(): Promise<void> {
    await setImmediate();
    this.#turnBeganAt = performance.now();
  }
}
