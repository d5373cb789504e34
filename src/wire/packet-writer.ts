/** Writes the packets of one connection, each into a slot that is sent at once. */
import type { Departures } from '#src/domain/datagram/departures.js';
import {
  ACK_RUNS,
  ENVELOPE_BYTES,
  HEADER_BYTES,
  RESET_TOKEN_BYTES,
  type ResetCode,
} from '#src/domain/datagram/packet.js';
import type { Address } from '#src/domain/datagram/path.js';
import type { SendBuffer } from '#src/domain/datagram/send-buffer.js';
import type { RangeSet } from '#src/domain/range-set.js';
import { seal } from './envelope.js';
import { PACKET, type PacketType, type Slot, sealPacket } from './packet.js';
import { writeUint48 } from './uint48.js';

/** What a PING is about. */
export const PING = { ping: 0, question: 1, answer: 2 } as const;

/** In an acknowledgement: the delay, the credit, how many runs, the end of the newest, then the runs. */
export const ACK = {
  delayAt: 0,
  creditAt: 4,
  runsAt: 10,
  endAt: 11,
  firstAt: 17,
  runBytes: 8,
} as const;

export const NUMBER_BYTES = 6;

const MOST_UINT32 = 2 ** 32 - 1;

/** @param bytes of the packet, from the beginning of the slot. @param to where the other end is, unless told. */
export type SendSlot = (slot: Slot, bytes: number, to?: Address) => void;

export class PacketWriter implements Departures {
  readonly #connection: number;
  readonly #resetToken: Uint8Array;
  readonly #slot: () => Slot;
  readonly #send: SendSlot;

  /** @param connection its number at the other end. @param slot gives one that is not on its way. */
  constructor(connection: number, resetToken: Uint8Array, slot: () => Slot, send: SendSlot) {
    this.#connection = connection;
    this.#resetToken = resetToken;
    this.#slot = slot;
    this.#send = send;
  }

  data(number: number, place: number, length: number, from: SendBuffer): void {
    const slot = this.#slot();
    from.copy(place, length, slot.bytes, HEADER_BYTES + ENVELOPE_BYTES);
    seal(slot.view, HEADER_BYTES, place, length);
    this.#leave(slot, PACKET.data, number, ENVELOPE_BYTES + length);
  }

  acknowledgement(received: RangeSet, delayUs: number, credit: number): void {
    const slot = this.#slot();
    const most = Math.min(received.runs, ACK_RUNS);
    const last = received.runs - 1;
    const body = HEADER_BYTES;
    slot.view.setUint32(body + ACK.delayAt, Math.min(MOST_UINT32, Math.round(delayUs)));
    writeUint48(slot.view, body + ACK.creditAt, credit);
    writeUint48(slot.view, body + ACK.endAt, received.endOf(last));
    let runs = 0;
    let at = body + ACK.firstAt;
    for (let run = last; runs < most; run -= 1) {
      const gap = run === last ? 0 : received.startOf(run + 1) - received.endOf(run);
      const length = received.endOf(run) - received.startOf(run);
      slot.view.setUint32(at, gap);
      slot.view.setUint32(at + 4, Math.min(MOST_UINT32, length));
      at += ACK.runBytes;
      runs += 1;
      // What lies below a run so long was settled long ago, and could not be said.
      if (length > MOST_UINT32) break;
    }
    slot.view.setUint8(body + ACK.runsAt, runs);
    this.#leave(slot, PACKET.ack, 0, at - body);
  }

  damaged(numbers: readonly number[]): void {
    const slot = this.#slot();
    slot.view.setUint8(HEADER_BYTES, numbers.length);
    for (const [index, number] of numbers.entries()) {
      writeUint48(slot.view, HEADER_BYTES + 1 + index * NUMBER_BYTES, number);
    }
    this.#leave(slot, PACKET.nak, 0, 1 + numbers.length * NUMBER_BYTES);
  }

  ping(number: number, bytes: number): void {
    const slot = this.#slot();
    slot.bytes.fill(0, HEADER_BYTES, bytes);
    this.#leave(slot, PACKET.ping, number, bytes - HEADER_BYTES);
  }

  question(word: number, to: Address): void {
    this.#word(PACKET.ping, 0, PING.question, word, to);
  }

  answer(word: number, to: Address): void {
    this.#word(PACKET.ping, 0, PING.answer, word, to);
  }

  fin(number: number, end: number): void {
    this.#word(PACKET.fin, number, 0, end);
  }

  reset(code: ResetCode): void {
    const slot = this.#slot();
    this.#send(slot, writeReset(slot, this.#connection, code, this.#resetToken));
  }

  #word(type: PacketType, number: number, kind: number, word: number, to?: Address): void {
    const slot = this.#slot();
    slot.view.setUint8(HEADER_BYTES, kind);
    writeUint48(slot.view, HEADER_BYTES + 1, word);
    this.#leave(slot, type, number, 1 + NUMBER_BYTES, to);
  }

  #leave(slot: Slot, type: PacketType, number: number, length: number, to?: Address): void {
    this.#send(slot, sealPacket(slot, type, this.#connection, number, length), to);
  }
}

/** Breaks a connection off, known here or not. @returns the length of the packet. */
export function writeReset(
  slot: Slot,
  connection: number,
  code: ResetCode,
  token: Uint8Array,
): number {
  slot.view.setUint8(HEADER_BYTES, code);
  slot.bytes.set(token, HEADER_BYTES + 1);
  return sealPacket(slot, PACKET.reset, connection, 0, 1 + RESET_TOKEN_BYTES);
}
