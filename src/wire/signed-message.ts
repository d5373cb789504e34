/**
 * A message to everybody, or to one, as its author signed it:
 *
 *     0 Ed25519 signature (64) over CONTEXT and all that follows   64 raw key of its author (32)   96 CBOR map
 *
 * It travels unchanged whoever passes it on, so that whoever gets it can judge its author himself. Its id is the first
 * half of its SHA-256: another message never has the same.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { P2pError } from '#src/domain/errors.js';
import type { PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import { parseText } from '#src/domain/mesh/message-text.js';
import type { Place } from '#src/domain/mesh/reception.js';
import type { Query } from '#src/domain/query/query.js';
import type { Receipt, SendOffer } from '#src/domain/send/send-offer.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { AnnouncerKey } from './announcement.js';
import { decodeCbor, encodeCbor } from './cbor.js';
import { Fields } from './fields.js';
import { peerIdOf, peerIdOfRaw, rawPeerId, spkiOfRawKey } from './peer-id.js';
import { queryOf, rawQuery } from './query-message.js';
import { offerOf, rawOffer, rawReceipt, receiptOf } from './send-message.js';

/** Signed in front, so that no signature made for another purpose is ever a message. */
const CONTEXT = Buffer.from('p2p message 1\0', 'latin1');

const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;
const PEER_ID_BYTES = 32;
const BODY_AT = SIGNATURE_BYTES + KEY_BYTES;

/** As long as 32 hexadecimal characters: two messages with the same take 2^64 tries. */
const ID_CHARACTERS = 32;

export type Said =
  /** To everybody. */
  | { readonly kind: 'say'; readonly text: string }
  /** To one peer alone. */
  | { readonly kind: 'tell'; readonly text: string; readonly to: PeerId }
  /** Shows whose network this is. */
  | { readonly kind: 'pulse' }
  /** Asks all peers to stop; each decides for itself. */
  | { readonly kind: 'stop' }
  /** Asks everybody; whoever knows answers the author alone. */
  | { readonly kind: 'query'; readonly query: Query }
  /** Would send something, to one peer or to all. */
  | { readonly kind: 'offer'; readonly offer: SendOffer }
  /** To whoever sent it: all of it arrived. */
  | { readonly kind: 'receipt'; readonly receipt: Receipt };

export type SignedMessage = Place & {
  /** By its author's clock, milliseconds since 1970. */
  readonly sentAt: number;
  /** What its author calls himself: decoration beside the key. */
  readonly name: string;
  readonly said: Said;
};

const KINDS: readonly string[] = [
  'say',
  'tell',
  'pulse',
  'stop',
  'query',
  'offer',
  'receipt',
] satisfies Said['kind'][];

/** The longest: what is around its text and name is no more than that. */
export const MESSAGE_BYTES = LIMITS.messageTextBytes + LIMITS.peerNameBytes + 256;

export function messageIdOf(payload: Uint8Array): MessageId {
  const hash = createHash('sha256').update(payload).digest('hex');
  return hash.slice(0, ID_CHARACTERS) as MessageId;
}

/** @returns its payload: what travels. */
export function signMessage(
  { epoch, sequence, sentAt, name, said }: Omit<SignedMessage, 'author'>,
  key: AnnouncerKey,
): Uint8Array {
  const body = encodeCbor({ epoch, sequence, sentAt, name, ...rawSaid(said) });
  const payload = Buffer.concat([Buffer.alloc(SIGNATURE_BYTES), key.raw, body]);
  payload.set(sign(null, signedPart(payload), key.secret), 0);
  return payload;
}

/**
 * Costs a signature's check (140 us): whoever calls it has asked whether the message is known already.
 * @throws P2pError `protocol`
 */
export function openMessage(payload: Uint8Array): SignedMessage {
  if (payload.length <= BODY_AT || payload.length > MESSAGE_BYTES) {
    throw new P2pError('protocol', `a message of ${payload.length} bytes`);
  }
  const spki = spkiOfRawKey(payload.subarray(SIGNATURE_BYTES, BODY_AT));
  if (!verify(null, signedPart(payload), keyOf(spki), payload.subarray(0, SIGNATURE_BYTES))) {
    throw new P2pError('protocol', 'a message that its author did not sign');
  }
  const fields = new Fields(decodeCbor(payload.subarray(BODY_AT)), 'message');
  return {
    author: peerIdOf(spki),
    epoch: fields.uint('epoch'),
    sequence: fields.uint('sequence', Number.MAX_SAFE_INTEGER - 1),
    sentAt: fields.uint('sentAt'),
    name: fields.text('name', LIMITS.peerNameBytes),
    said: saidOf(fields),
  };
}

function rawSaid(said: Said): object {
  switch (said.kind) {
    case 'say':
    case 'pulse':
    case 'stop':
      return said;
    case 'tell':
      return { ...said, to: rawPeerId(said.to) };
    case 'query':
      return { kind: said.kind, ...rawQuery(said.query) };
    case 'offer':
      return { kind: said.kind, ...rawOffer(said.offer) };
    case 'receipt':
      return { kind: said.kind, ...rawReceipt(said.receipt) };
    default:
      return unreachable(said);
  }
}

function saidOf(fields: Fields): Said {
  const kind = fields.parsed('kind', 16, asKind);
  if (kind === 'pulse' || kind === 'stop') return { kind };
  if (kind === 'query') return { kind, query: queryOf(fields) };
  if (kind === 'offer') return { kind, offer: offerOf(fields) };
  if (kind === 'receipt') return { kind, receipt: receiptOf(fields) };
  const text = fields.parsed('text', LIMITS.messageTextBytes, parseText);
  return kind === 'say'
    ? { kind, text }
    : { kind, text, to: peerIdOfRaw(fields.bytes('to', PEER_ID_BYTES)) };
}

function asKind(word: string): Said['kind'] | undefined {
  return KINDS.includes(word) ? (word as Said['kind']) : undefined;
}

function signedPart(payload: Uint8Array): Uint8Array {
  return Buffer.concat([CONTEXT, payload.subarray(SIGNATURE_BYTES)]);
}

function keyOf(spki: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
}
