/** What lets packets leave: each call is one datagram. */

import type { RangeSet } from '#src/domain/range-set.js';
import type { ResetCode } from './packet.js';
import type { Address } from './path.js';
import type { SendBuffer } from './send-buffer.js';

/** The packets that are numbered, and acknowledged. */
export type NumberedDepartures = {
  data(number: number, place: number, length: number, from: SendBuffer): void;
  /** @param bytes of the whole datagram. */
  ping(number: number, bytes: number): void;
  /** @param end how many bytes the stream has. */
  fin(number: number, end: number): void;
};

export type Departures = NumberedDepartures & {
  acknowledgement(received: RangeSet, delayUs: number, credit: number): void;
  damaged(numbers: readonly number[]): void;
  question(word: number, to: Address): void;
  answer(word: number, to: Address): void;
  reset(code: ResetCode): void;
};
