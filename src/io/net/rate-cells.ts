/**
 * The limits of a peer in memory that all its threads share: how many bytes a second may move, and until when they are
 * booked. Whoever moves bytes of a chunk, in whichever thread, books them here first.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { PeerId } from '#src/domain/ids.js';
import { LIMIT_KINDS, type LimitKind, type RateLimits } from '#src/domain/rates/limit-schedule.js';
import { booked } from '#src/domain/rates/rate-share.js';

/** Which way bytes go. */
export type Direction = 'up' | 'down';

/**
 * Cells for single peers, each way, found by a salted hash: two peers of a hundred share one, and its rate, with a
 * chance of 4 %, and nobody can choose with whom. What is never used takes no memory.
 */
const PEER_CELLS = 2 ** 17;

const SALT_BYTES = 16;
/** Rates, then what all share: up, down, and of it the background. */
const BACKGROUND_CELLS = LIMIT_KINDS.length + 2;
const FIRST_PEER_CELL = BACKGROUND_CELLS + 2;
const CELLS = FIRST_PEER_CELL + 2 * PEER_CELLS;
const BYTES = CELLS * BigInt64Array.BYTES_PER_ELEMENT + 4 + SALT_BYTES;

export class RateCells {
  readonly memory: SharedArrayBuffer;
  readonly #cells: BigInt64Array;
  /** Grows with every change, so that whoever waits books anew. */
  readonly #version: Int32Array;
  readonly #salt: Uint8Array;

  /** @param memory another thread's. */
  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(BYTES);
    const versionAt = CELLS * BigInt64Array.BYTES_PER_ELEMENT;
    this.#cells = new BigInt64Array(this.memory, 0, CELLS);
    this.#version = new Int32Array(this.memory, versionAt, 1);
    this.#salt = new Uint8Array(this.memory, versionAt + 4, SALT_BYTES);
    if (memory === undefined) this.#salt.set(randomBytes(SALT_BYTES));
  }

  get version(): number {
    return Atomics.load(this.#version, 0);
  }

  set(limits: RateLimits): void {
    let isChanged = false;
    for (const [at, kind] of LIMIT_KINDS.entries()) {
      const rate = BigInt(limits[kind] ?? 0);
      if (Atomics.exchange(this.#cells, at, rate) !== rate) isChanged = true;
    }
    if (!isChanged) return;
    // What was booked at the old rates is booked no more.
    for (let at = LIMIT_KINDS.length; at < FIRST_PEER_CELL; at += 1)
      Atomics.store(this.#cells, at, 0n);
    Atomics.add(this.#version, 0, 1);
  }

  /** @returns bytes a second; 0 where there is no limit. */
  rate(kind: LimitKind): number {
    return Number(Atomics.load(this.#cells, LIMIT_KINDS.indexOf(kind)));
  }

  /** What all share in one direction. */
  cellOf(direction: Direction): number {
    return LIMIT_KINDS.length + (direction === 'up' ? 0 : 1);
  }

  backgroundCellOf(direction: Direction): number {
    return BACKGROUND_CELLS + (direction === 'up' ? 0 : 1);
  }

  peerCellOf(peerId: PeerId, direction: Direction): number {
    const digest = createHash('sha256').update(this.#salt).update(peerId).digest();
    const place = digest.readUInt32LE(0) % PEER_CELLS;
    return FIRST_PEER_CELL + (direction === 'up' ? 0 : PEER_CELLS) + place;
  }

  /** Books bytes in a cell. @returns how many ms from now they may move. */
  book(cell: number, bytes: number, bytesPerSecond: number): number {
    for (;;) {
      const now = process.hrtime.bigint();
      const before = Atomics.load(this.#cells, cell);
      const { startAt, bookedUntil } = booked(before, bytes, bytesPerSecond, now);
      if (Atomics.compareExchange(this.#cells, cell, before, bookedUntil) !== before) continue;
      return Number(startAt - now) / 1e6;
    }
  }
}
