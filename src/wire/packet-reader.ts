/** Reads packets with a sound header and tells their connection what they say. The only place that distrusts them. */
import type { Connection } from '#src/domain/datagram/connection.js';
import {
  ACK_RUNS,
  type Acknowledgement,
  HEADER_BYTES,
  RESET,
  RESET_TOKEN_BYTES,
  type ResetCode,
} from '#src/domain/datagram/packet.js';
import type { Address } from '#src/domain/datagram/path.js';
import { opened } from './envelope.js';
import { type Header, PACKET } from './packet.js';
import { ACK, NUMBER_BYTES, PING } from './packet-writer.js';
import { readUint48 } from './uint48.js';

const RESET_CODES: ReadonlySet<number> = new Set(Object.values(RESET));

export class PacketReader {
  readonly #ack: Acknowledgement = { delayUs: 0, credit: 0, runs: 0, starts: [], ends: [] };

  /**
   * Tells `connection` what a packet for it says; what makes no sense is counted and left at that.
   * @param header as `readHeader` read it from `bytes`. @param bytes not to be changed: its data may be kept.
   * @param resetToken only whoever knows it may break the connection off.
   */
  read(
    header: Header,
    bytes: Uint8Array,
    view: DataView,
    from: Address,
    connection: Connection,
    resetToken: Uint8Array,
    now: number,
  ): void {
    connection.traffic.packetsIn += 1;
    if (!this.#tell(header, bytes, view, from, connection, resetToken, now)) {
      connection.traffic.ignored += 1;
    }
  }

  #tell(
    { type, number }: Header,
    bytes: Uint8Array,
    view: DataView,
    from: Address,
    connection: Connection,
    resetToken: Uint8Array,
    now: number,
  ): boolean {
    switch (type) {
      case PACKET.data: {
        const { chunkNumber, data, valid } = opened(bytes.subarray(HEADER_BYTES));
        if (valid) connection.data(number, chunkNumber, data, from, now);
        else connection.damaged(number, now);
        return true;
      }
      case PACKET.ack:
        if (!this.#readAck(view)) return false;
        connection.acknowledgement(this.#ack, from, now);
        return true;
      case PACKET.nak:
        return readNak(view, (numbers) => connection.refused(numbers, now));
      case PACKET.ping:
        return readPing(number, view, from, connection, now);
      case PACKET.fin:
        if (view.byteLength !== HEADER_BYTES + 1 + NUMBER_BYTES) return false;
        connection.fin(number, readUint48(view, HEADER_BYTES + 1), from, now);
        return true;
      case PACKET.reset:
        return readReset(bytes, view, resetToken, (code) => connection.reset(code));
      default:
        // The handshake is over.
        return false;
    }
  }

  #readAck(view: DataView): boolean {
    const body = HEADER_BYTES;
    if (view.byteLength < body + ACK.firstAt + ACK.runBytes) return false;
    const runs = view.getUint8(body + ACK.runsAt);
    if (runs === 0 || runs > ACK_RUNS) return false;
    if (view.byteLength !== body + ACK.firstAt + runs * ACK.runBytes) return false;
    const ack = this.#ack;
    ack.delayUs = view.getUint32(body + ACK.delayAt);
    ack.credit = readUint48(view, body + ACK.creditAt);
    ack.runs = runs;
    let end = readUint48(view, body + ACK.endAt);
    for (let run = 0, at = body + ACK.firstAt; run < runs; run += 1, at += ACK.runBytes) {
      const gap = view.getUint32(at);
      const length = view.getUint32(at + 4);
      end -= gap;
      // Runs are apart from each other, and none is empty.
      if (length === 0 || length > end || (run > 0 && gap === 0)) return false;
      ack.starts[run] = end - length;
      ack.ends[run] = end;
      end -= length;
    }
    return true;
  }
}

function readNak(view: DataView, tell: (numbers: readonly number[]) => void): boolean {
  if (view.byteLength < HEADER_BYTES + 1) return false;
  const count = view.getUint8(HEADER_BYTES);
  if (view.byteLength !== HEADER_BYTES + 1 + count * NUMBER_BYTES) return false;
  tell(
    Array.from({ length: count }, (_, index) =>
      readUint48(view, HEADER_BYTES + 1 + index * NUMBER_BYTES),
    ),
  );
  return true;
}

function readPing(
  number: number,
  view: DataView,
  from: Address,
  connection: Connection,
  now: number,
): boolean {
  if (view.byteLength < HEADER_BYTES + 1 + NUMBER_BYTES) return false;
  const kind = view.getUint8(HEADER_BYTES);
  const word = readUint48(view, HEADER_BYTES + 1);
  if (kind === PING.ping) connection.ping(number, from, now);
  else if (kind === PING.question) connection.question(word, from, now);
  else if (kind === PING.answer) connection.answer(word, from, now);
  else return false;
  return true;
}

function readReset(
  bytes: Uint8Array,
  view: DataView,
  token: Uint8Array,
  tell: (code: ResetCode) => void,
): boolean {
  if (bytes.length !== HEADER_BYTES + 1 + RESET_TOKEN_BYTES) return false;
  const code = view.getUint8(HEADER_BYTES);
  let difference = 0;
  // To the end, whatever differs: how long it takes tells nothing about the token.
  for (let at = 0; at < RESET_TOKEN_BYTES; at += 1) {
    difference |= (bytes[HEADER_BYTES + 1 + at] ?? 0) ^ (token[at] ?? 0);
  }
  if (difference !== 0 || !RESET_CODES.has(code)) return false;
  tell(code as ResetCode);
  return true;
}
