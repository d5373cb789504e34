/** SYN and SYN-ACK: how two ends agree on a connection before there is one. */
import {
  HEADER_BYTES,
  MOST_TOKEN_BYTES,
  RESET_TOKEN_BYTES,
  type Syn,
  type SynAck,
  type Terms,
} from '#src/domain/datagram/packet.js';
import { BASE_BYTES } from '#src/domain/datagram/packet-size.js';
import { PACKET, type Slot, sealPacket } from './packet.js';
import { readUint48, writeUint48 } from './uint48.js';

/** Connection u48, credit u48, largest datagram u16, bytes of the socket u32. */
const TERMS_BYTES = 18;
const TERMS = { idAt: 0, creditAt: 6, limitAt: 12, socketAt: 14 } as const;

const SYN = { tokenBytesAt: TERMS_BYTES, tokenAt: TERMS_BYTES + 1 } as const;
const SYN_ACK = { kindAt: 0, restAt: 1 } as const;
const KIND = { comeAgain: 0, accepted: 1 } as const;

/** A datagram that does not get through at the base size is better not begun with. */
const PADDED = BASE_BYTES - HEADER_BYTES;

/** @param number how often it was said before. @returns the length of the packet. */
export function writeSyn(slot: Slot, number: number, { token, ...terms }: Syn): number {
  slot.bytes.fill(0, HEADER_BYTES, BASE_BYTES);
  writeTerms(slot.view, HEADER_BYTES, terms);
  slot.view.setUint8(HEADER_BYTES + SYN.tokenBytesAt, token.length);
  slot.bytes.set(token, HEADER_BYTES + SYN.tokenAt);
  return sealPacket(slot, PACKET.syn, 0, number, PADDED);
}

/** @returns what a SYN says; undefined for one that is smaller than it has to be, or makes no sense. */
export function readSyn(bytes: Uint8Array, view: DataView): Syn | undefined {
  if (bytes.length !== BASE_BYTES) return undefined;
  const tokenBytes = view.getUint8(HEADER_BYTES + SYN.tokenBytesAt);
  if (tokenBytes > MOST_TOKEN_BYTES) return undefined;
  const from = HEADER_BYTES + SYN.tokenAt;
  const terms = readTerms(view, HEADER_BYTES);
  return terms && { ...terms, token: bytes.slice(from, from + tokenBytes) };
}

/**
 * @param connection the number the other end gave it. @param number of the SYN it answers.
 * @returns the length of the packet: never more than the SYN's, and as much only where its sender was proven
 */
export function writeSynAck(slot: Slot, connection: number, number: number, said: SynAck): number {
  const at = HEADER_BYTES + SYN_ACK.restAt;
  if (said.type === 'come-again') {
    slot.view.setUint8(HEADER_BYTES + SYN_ACK.kindAt, KIND.comeAgain);
    slot.bytes.set(said.token, at);
    const length = SYN_ACK.restAt + said.token.length;
    return sealPacket(slot, PACKET.synAck, connection, number, length);
  }
  slot.bytes.fill(0, HEADER_BYTES, BASE_BYTES);
  slot.view.setUint8(HEADER_BYTES + SYN_ACK.kindAt, KIND.accepted);
  writeTerms(slot.view, at, said);
  slot.bytes.set(said.resetToken, at + TERMS_BYTES);
  return sealPacket(slot, PACKET.synAck, connection, number, PADDED);
}

export function readSynAck(bytes: Uint8Array, view: DataView): SynAck | undefined {
  if (bytes.length <= HEADER_BYTES) return undefined;
  const kind = view.getUint8(HEADER_BYTES + SYN_ACK.kindAt);
  const at = HEADER_BYTES + SYN_ACK.restAt;
  if (kind === KIND.comeAgain) {
    const token = bytes.slice(at);
    const isToken = token.length > 0 && token.length <= MOST_TOKEN_BYTES;
    return isToken ? { type: 'come-again', token } : undefined;
  }
  if (kind !== KIND.accepted || bytes.length !== BASE_BYTES) return undefined;
  const terms = readTerms(view, at);
  const tokenAt = at + TERMS_BYTES;
  const resetToken = bytes.slice(tokenAt, tokenAt + RESET_TOKEN_BYTES);
  return terms && { type: 'accepted', ...terms, resetToken };
}

function writeTerms(view: DataView, at: number, terms: Terms): void {
  writeUint48(view, at + TERMS.idAt, terms.id);
  writeUint48(view, at + TERMS.creditAt, terms.credit);
  view.setUint16(at + TERMS.limitAt, terms.datagramLimit);
  view.setUint32(at + TERMS.socketAt, terms.socketBytes);
}

function readTerms(view: DataView, at: number): Terms | undefined {
  const id = readUint48(view, at + TERMS.idAt);
  const datagramLimit = view.getUint16(at + TERMS.limitAt);
  if (id === 0 || datagramLimit < BASE_BYTES) return undefined;
  return {
    id,
    datagramLimit,
    credit: readUint48(view, at + TERMS.creditAt),
    socketBytes: view.getUint32(at + TERMS.socketAt),
  };
}
