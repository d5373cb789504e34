/**
 * Packets: what one datagram of a reliable stream holds. A header, under a checksum of its own; then the data in their
 * envelope, or what the type says.
 *
 *     0   version     u8
 *     1   type        u8
 *     2   length      u16, of what follows the header
 *     4   connection  u48, the number its receiver gave it; 0 where it has none yet
 *     10  number      u48, of the packet; 0 for what is never acknowledged
 *     16  checksum    u32, CRC-32 (IEEE) over bytes 0 to 15; of all but DATA, then over what follows as well
 *
 * A DATA packet is checked in two parts, so that one with a sound header and damaged data is refused by its number.
 */
import { crc32 } from 'node:zlib';
import { HEADER_BYTES } from '#src/domain/datagram/packet.js';
import { readUint48, writeUint48 } from './uint48.js';

const PACKET_VERSION = 1;

/** The number of each type on the wire. Never reuse one. */
export const PACKET = {
  syn: 1,
  synAck: 2,
  data: 3,
  ack: 4,
  nak: 5,
  ping: 6,
  fin: 7,
  reset: 8,
} as const;

export type PacketType = (typeof PACKET)[keyof typeof PACKET];

const LAST_TYPE = PACKET.reset;

const LENGTH_AT = 2;
const CONNECTION_AT = 4;
const NUMBER_AT = 10;
const CHECKSUM_AT = 16;

/** One datagram with room for any packet, to be written anew each time. */
export type Slot = {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** As much of the bytes as was sent last: most packets are as long as the one before. */
  sent: Uint8Array;
};

/** A header that was read; the record is used again for the next. */
export type Header = {
  type: PacketType;
  connection: number;
  number: number;
};

export function newHeader(): Header {
  return { type: PACKET.reset, connection: 0, number: 0 };
}

export function newSlot(bytes: number): Slot {
  const buffer = new ArrayBuffer(bytes);
  const all = new Uint8Array(buffer);
  return { bytes: all, view: new DataView(buffer), sent: all };
}

/** Writes the header around `length` bytes that lie behind it already. @returns the length of the whole packet. */
export function sealPacket(
  { bytes, view }: Slot,
  type: PacketType,
  connection: number,
  number: number,
  length: number,
): number {
  view.setUint8(0, PACKET_VERSION);
  view.setUint8(1, type);
  view.setUint16(LENGTH_AT, length);
  writeUint48(view, CONNECTION_AT, connection);
  writeUint48(view, NUMBER_AT, number);
  view.setUint32(CHECKSUM_AT, checksumOf(bytes, type, HEADER_BYTES + length));
  return HEADER_BYTES + length;
}

/** @returns whether it is a packet of ours with a sound header; then `header` has it. */
export function readHeader(bytes: Uint8Array, view: DataView, header: Header): boolean {
  if (bytes.length < HEADER_BYTES || view.getUint8(0) !== PACKET_VERSION) return false;
  const type = view.getUint8(1);
  if (type === 0 || type > LAST_TYPE) return false;
  if (view.getUint16(LENGTH_AT) !== bytes.length - HEADER_BYTES) return false;
  header.type = type as PacketType;
  if (view.getUint32(CHECKSUM_AT) !== checksumOf(bytes, header.type, bytes.length)) return false;
  header.connection = readUint48(view, CONNECTION_AT);
  header.number = readUint48(view, NUMBER_AT);
  return true;
}

function checksumOf(bytes: Uint8Array, type: PacketType, end: number): number {
  const ofHeader = crc32(bytes.subarray(0, CHECKSUM_AT));
  return type === PACKET.data ? ofHeader : crc32(bytes.subarray(HEADER_BYTES, end), ofHeader);
}
