/**
 * The envelope around the data of one packet: it shows whether the data arrived as it left, and where it belongs.
 *
 *     0   checksum      u32, over everything below
 *     4   chunk number  u48
 *     10  length        u16, of the data
 *     12  data
 *
 * Numbers are big endian. The checksum is RFC 1071's, with words of 32 bits for 16: the complement of the one's
 * complement sum. Any burst of up to 31 bits changes it; of other damage one in 2^32 goes unseen, and so do words that
 * change places. It finds accidents. Against intent only what lies above helps: TLS, and the hash of each chunk.
 */
import { types } from 'node:util';
import { ENVELOPE_BYTES } from '#src/domain/datagram/packet.js';
import { P2pError } from '#src/domain/errors.js';
import { readUint48, writeUint48 } from './uint48.js';

const CHUNK_NUMBER_AT = 4;
const LENGTH_AT = 10;
const WORD_BYTES = 4;
const WORD = 2 ** 32;
const MOST_CHUNK_NUMBER = 2 ** 48 - 1;
/** What fits into one UDP datagram over IPv4, and into the length. */
const MOST_BYTES = 65_507 - ENVELOPE_BYTES;

export type ParsedPacket = {
  /** As the packet says. */
  readonly checksum: number;
  readonly chunkNumber: number;
  /** A view into the packet; empty where the packet is too short for an envelope. */
  readonly data: Uint8Array;
  /** Whether checksum and length are those of the data. */
  readonly valid: boolean;
};

/**
 * The one's complement checksum over `data` as big-endian words of 32 bits, the last one filled up with zeros
 * (RFC 1071, in wider words). @returns 0 to 2^32 - 1. @throws P2pError `usage` for what is no Uint8Array
 */
export function udpChecksum(data: Uint8Array): number {
  requireBytes(data);
  return checksumOf(viewOf(data), 0, data.length);
}

/**
 * Puts data into an envelope.
 * @param chunkNumber which piece of the whole it is: 0 to 2^48 - 1
 * @throws P2pError `usage` for another number or what is no Uint8Array, `too-large` beyond 65,495 bytes
 */
export function createPacket(data: Uint8Array, chunkNumber: number): Uint8Array {
  requireBytes(data);
  if (!Number.isInteger(chunkNumber) || chunkNumber < 0 || chunkNumber > MOST_CHUNK_NUMBER) {
    const given = typeof chunkNumber === 'number' ? `${chunkNumber}` : `a ${typeof chunkNumber}`;
    throw new P2pError('usage', `a chunk number is a whole number below 2^48, not ${given}`);
  }
  if (data.length > MOST_BYTES) {
    throw new P2pError('too-large', `a packet holds ${MOST_BYTES} bytes, not ${data.length}`);
  }
  const packet = new Uint8Array(ENVELOPE_BYTES + data.length);
  packet.set(data, ENVELOPE_BYTES);
  seal(viewOf(packet), 0, chunkNumber, data.length);
  return packet;
}

/**
 * Takes data out of an envelope. Whatever the bytes are, it does not throw: `valid` judges them.
 * @throws P2pError `usage` for what is no Uint8Array
 */
export function parsePacket(packet: Uint8Array): ParsedPacket {
  requireBytes(packet);
  return opened(packet);
}

/** As `parsePacket`, for bytes that came from a socket: nobody has to ask of each packet what it is. */
export function opened(packet: Uint8Array): ParsedPacket {
  if (packet.length < ENVELOPE_BYTES) return NOTHING;
  const view = viewOf(packet);
  const checksum = view.getUint32(0);
  const valid =
    view.getUint16(LENGTH_AT) === packet.length - ENVELOPE_BYTES &&
    checksum === checksumOf(view, CHUNK_NUMBER_AT, packet.length);
  const chunkNumber = readUint48(view, CHUNK_NUMBER_AT);
  return { checksum, chunkNumber, data: packet.subarray(ENVELOPE_BYTES), valid };
}

const NOTHING: ParsedPacket = {
  checksum: 0,
  chunkNumber: 0,
  data: new Uint8Array(0),
  valid: false,
};

/** Writes the envelope at `at` around `bytes` of data that lie behind it already. */
export function seal(view: DataView, at: number, chunkNumber: number, bytes: number): void {
  writeUint48(view, at + CHUNK_NUMBER_AT, chunkNumber);
  view.setUint16(at + LENGTH_AT, bytes);
  view.setUint32(at, checksumOf(view, at + CHUNK_NUMBER_AT, at + ENVELOPE_BYTES + bytes));
}

/**
 * Carries are left to the end: a double holds the sum of 2^21 words exactly, and a packet has 2^14. Four words at a time
 * take a third of the time.
 */
function checksumOf(view: DataView, from: number, to: number): number {
  const whole = to - ((to - from) % WORD_BYTES);
  let sum = 0;
  let at = from;
  for (; at + 16 <= to; at += 16) {
    sum +=
      view.getUint32(at) +
      view.getUint32(at + 4) +
      view.getUint32(at + 8) +
      view.getUint32(at + 12);
  }
  for (; at < whole; at += WORD_BYTES) sum += view.getUint32(at);
  let last = 0;
  for (; at < to; at += 1) last += view.getUint8(at) * 2 ** (8 * (3 - (at - whole)));
  sum += last;
  while (sum >= WORD) sum = (sum % WORD) + Math.floor(sum / WORD);
  return WORD - 1 - sum;
}

/** For those who write no types: a text or a wider array would be taken for other bytes than were meant. */
function requireBytes(given: unknown): void {
  if (types.isUint8Array(given)) return;
  const type = Object.prototype.toString.call(given).slice('[object '.length, -1);
  throw new P2pError(
    'usage',
    `bytes have to come in a Uint8Array, as a Buffer is, not in: ${type}`,
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
