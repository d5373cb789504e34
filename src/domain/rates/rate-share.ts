/**
 * Bytes in turn, so many a second: whoever wants to move some books them behind what is booked already, and moves them
 * when their time has come (the virtual scheduling of ITU-T I.371). One number is all that is shared, and who books
 * first goes first: those who book one piece at a time share evenly by its size. Pure; times are nanoseconds.
 */
import { KiB } from '#src/domain/limits.js';

/** What was not used of so much time can be made up for: a late timer, and nothing that shows over a few seconds. */
const UNUSED_NS = 100_000_000n;

/** A piece takes this part of a second: five seconds of them are even, and one more is little. */
const PIECES_A_SECOND = 16;

/** More at a time is no cheaper: a frame has no more. */
const MOST_PIECE_BYTES = 256 * KiB;

/** Less is all headers. */
const LEAST_PIECE_BYTES = KiB / 4;

export type Booking = {
  /** When they may move. */
  readonly startAt: bigint;
  /** Until when all is booked from now on. */
  readonly bookedUntil: bigint;
};

export function booked(
  bookedUntil: bigint,
  bytes: number,
  bytesPerSecond: number,
  now: bigint,
): Booking {
  const earliest = now - UNUSED_NS;
  const startAt = bookedUntil > earliest ? bookedUntil : earliest;
  const takes = BigInt(Math.round((bytes * 1e9) / bytesPerSecond));
  return { startAt, bookedUntil: startAt + takes };
}

/** @param weight how much of the whole this one is to get, where others have 1. */
export function pieceBytes(bytesPerSecond: number, weight: number): number {
  const piece = Math.min(MOST_PIECE_BYTES, bytesPerSecond / PIECES_A_SECOND) * weight;
  return Math.round(Math.max(LEAST_PIECE_BYTES, piece));
}
