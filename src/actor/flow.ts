/**
 * Bounds what lies between an actor and its host. `postMessage` has no back-pressure: it queues until memory
 * ends. So each end counts in shared memory what it took, and a sender that runs too far ahead fails loudly:
 * such a reader is stuck, or such a stream should have been pulled with credits.
 */
import { P2pError } from '#src/domain/errors.js';
import { MiB } from '#src/domain/limits.js';

type Bound = { readonly messages: number; readonly bytes: number };

/**
 * In flight in one direction. Control messages are below 1 KiB, so 1,024 of them are more than a second's
 * worth; 8 MiB lets sixteen actors stall at once without being felt.
 */
const IN_FLIGHT: Bound = { messages: 1024, bytes: 8 * MiB };

/** Places in the shared counters. They wrap at 2^32; only differences mean anything. */
const PLACES = {
  beats: 0,
  in: { messages: 1, bytes: 2 },
  out: { messages: 3, bytes: 4 },
  lateMs: 5,
} as const;
const PLACE_COUNT = 6;

/** `in`: host to actor. `out`: actor to host. */
export type Direction = 'in' | 'out';

export function createCounters(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(PLACE_COUNT * Int32Array.BYTES_PER_ELEMENT));
}

export function beat(counters: Int32Array): void {
  Atomics.add(counters, PLACES.beats, 1);
}

/** The actor's side: so late was a heartbeat. */
export function noteLate(counters: Int32Array, lateMs: number): void {
  const most = Atomics.load(counters, PLACES.lateMs);
  if (lateMs > most) Atomics.store(counters, PLACES.lateMs, lateMs);
}

/** The host's side: how late one was at worst since this was last asked, in whole milliseconds. */
export function takeLate(counters: Int32Array): number {
  return Atomics.exchange(counters, PLACES.lateMs, 0);
}

export function beatsIn(counters: Int32Array): number {
  return Atomics.load(counters, PLACES.beats);
}

/** The reader's side: one message of `bytes` is dealt with. */
export function countTaken(counters: Int32Array, direction: Direction, bytes: number): void {
  Atomics.add(counters, PLACES[direction].messages, 1);
  Atomics.add(counters, PLACES[direction].bytes, bytes);
}

/**
 * The writer's side: call before each message is posted.
 * @returns the bytes to write on the letter. @throws P2pError `limit` when too much is in flight.
 */
export function createMeter(
  counters: Int32Array,
  direction: Direction,
  bound: Bound = IN_FLIGHT,
): (message: unknown) => number {
  let messages = 0;
  let bytes = 0;
  return (message) => {
    const size = estimateBytes(message);
    messages = (messages + 1) | 0;
    bytes = (bytes + size) | 0;
    const waiting = (messages - Atomics.load(counters, PLACES[direction].messages)) | 0;
    const waitingBytes = (bytes - Atomics.load(counters, PLACES[direction].bytes)) | 0;
    if (waiting > bound.messages || waitingBytes > bound.bytes) {
      throw overflow(direction, waiting, waitingBytes);
    }
    return size;
  };
}

function overflow(direction: Direction, messages: number, bytes: number): P2pError {
  const reader = direction === 'in' ? 'the actor' : 'its host';
  return new P2pError(
    'limit',
    `${messages} messages (${bytes} bytes) wait because ${reader} does not take them.`,
  );
}

/** What any value costs at least: a tag, a pointer, a length. */
const VALUE_BYTES = 8;
/** Our messages nest no deeper than rows in a list in a message; what lies below counts as one value. */
const DEPTH = 4;

/** A cheap estimate of what a message costs on its way: strings, typed arrays, lists and records. */
export function estimateBytes(value: unknown, depth: number = DEPTH): number {
  if (typeof value === 'string') return VALUE_BYTES + 2 * value.length;
  if (typeof value !== 'object' || value === null) return VALUE_BYTES;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    // What is shared is handed over, not copied.
    const isCopied = !ArrayBuffer.isView(value) || value.buffer instanceof ArrayBuffer;
    return isCopied ? VALUE_BYTES + value.byteLength : VALUE_BYTES;
  }
  if (depth === 0) return VALUE_BYTES;
  const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  // A list of numbers, such as a bitmap's ranges, need not be walked.
  if (typeof parts[0] === 'number' && Array.isArray(value)) return VALUE_BYTES * (1 + parts.length);
  return parts.reduce<number>((sum, part) => sum + estimateBytes(part, depth - 1), VALUE_BYTES);
}
