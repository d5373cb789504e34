/** Offers and receipts as CBOR maps and back. Throws P2pError `protocol`. */
import type { ContentKind } from '#src/domain/content/entries.js';
import { NAME_LIMITS } from '#src/domain/content/name.js';
import { P2pError } from '#src/domain/errors.js';
import { LAST_PORT } from '#src/domain/host-port.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { QUERY_LIMITS } from '#src/domain/query/query.js';
import { isSaidWith, parseObstacle } from '#src/domain/send/obstacles.js';
import {
  type Answered,
  MOST_SAID_FAILED,
  type OfferAnswer,
  type OfferEnd,
  type OfferId,
  type Reached,
  type Receipt,
  type Sealed,
  type SendOffer,
} from '#src/domain/send/send-offer.js';
import { type Fields, text } from './fields.js';
import { addressOf, rawAddress } from './ip-address.js';
import { peerIdOfRaw, rawPeerId } from './peer-id.js';

const OFFER_ID_BYTES = 16;
const CONTENT_ID_BYTES = 32;
const PEER_ID_BYTES = 32;

/** Of a word; longer than any that is known. */
const OBSTACLE_BYTES = 32;

const KINDS: readonly string[] = ['file', 'directory'];
const ANSWERS: readonly string[] = ['accepted', 'rejected', 'full'];
const ENDS: readonly string[] = ['cancelled', 'changed', 'noted'];

/** @returns a map to be encoded. */
export function rawOffer(said: SendOffer): object {
  const { offerId, draft, id, to, kind, name, bytes, files, at, rest } = said;
  return {
    offer: rawOfferId(offerId),
    title: name,
    form: kind,
    bytes,
    files,
    draft: rawId(draft),
    ...(id !== undefined && { content: rawId(id) }),
    ...(to !== undefined && { to: rawPeerId(to) }),
    ...(at !== undefined && { port: at.port, hosts: at.hosts.map(rawAddress) }),
    ...(rest !== undefined && { rest: rawOfferId(rest) }),
  };
}

export function offerOf(fields: Fields): SendOffer {
  return {
    offerId: offerIdOf(fields),
    name: fields.text('title', LIMITS.nameBytes),
    kind: fields.parsed('form', 16, asKind),
    bytes: fields.uint('bytes'),
    files: fields.uint('files', LIMITS.entries),
    draft: contentOf(fields, 'draft'),
    id: fields.value('content') === undefined ? undefined : contentOf(fields, 'content'),
    to: fields.value('to') === undefined ? undefined : peerOf(fields, 'to'),
    ...(fields.value('hosts') !== undefined && { at: reachedOf(fields) }),
    ...(fields.value('rest') !== undefined && { rest: offerIdOf(fields, 'rest') }),
  };
}

function reachedOf(fields: Fields): Reached {
  const hosts = fields.list('hosts');
  if (hosts.length > QUERY_LIMITS.hosts) throw new P2pError('protocol', 'too many addresses');
  return { port: fields.uint('port', LAST_PORT), hosts: hosts.map(addressOf) };
}

/** @returns a map to be encoded. */
export function rawReceipt({ offerId, id, bytes, sender, at }: Receipt): object {
  return {
    offer: rawOfferId(offerId),
    content: rawId(id),
    bytes,
    sender: rawPeerId(sender),
    at,
  };
}

export function receiptOf(fields: Fields): Receipt {
  return {
    offerId: offerIdOf(fields),
    id: contentOf(fields, 'content'),
    bytes: fields.uint('bytes'),
    sender: peerOf(fields, 'sender'),
    at: fields.uint('at'),
  };
}

/** @returns a map to be encoded. */
export function rawSealed({ offerId, id, bytes, failed, failedCount }: Sealed): object {
  const failures = failedCount === undefined ? {} : { failed, failures: failedCount };
  return { offer: rawOfferId(offerId), content: rawId(id), bytes, ...failures };
}

export function sealedOf(fields: Fields): Sealed {
  const id = contentOf(fields, 'content');
  const sealed = { offerId: offerIdOf(fields), id, bytes: fields.uint('bytes') };
  if (fields.value('failures') === undefined) return sealed;
  const failedCount = fields.uint('failures', LIMITS.entries);
  return { ...sealed, failed: failedNames(fields.list('failed')), failedCount };
}

function failedNames(list: readonly unknown[]): readonly string[] {
  return list.slice(0, MOST_SAID_FAILED).map((one) => text(one, 'failed', NAME_LIMITS.pathBytes));
}

export function rawOfferId(offerId: OfferId): Uint8Array {
  return Buffer.from(offerId, 'hex');
}

export function offerIdOf(fields: Fields, name = 'offer'): OfferId {
  return Buffer.from(fields.bytes(name, OFFER_ID_BYTES)).toString('hex') as OfferId;
}

/** @returns a map to be encoded. */
export function rawAnswered({ offerId, answer, obstacle, again }: Answered): object {
  const more = { ...(obstacle !== undefined && { why: obstacle }), ...(again && { again }) };
  return { offer: rawOfferId(offerId), answer, ...more };
}

/** Why, of a later version perhaps, is ignored where it is not known or does not go with the answer. */
export function answeredOf(fields: Fields): Answered {
  const again = fields.value('again') !== undefined && fields.flag('again');
  const answer = fields.parsed('answer', 16, asAnswer);
  const obstacle =
    fields.value('why') === undefined
      ? undefined
      : parseObstacle(fields.text('why', OBSTACLE_BYTES));
  return {
    offerId: offerIdOf(fields),
    answer,
    ...(obstacle !== undefined && isSaidWith(obstacle, answer) && { obstacle }),
    ...(again && { again }),
  };
}

function asAnswer(word: string): OfferAnswer | undefined {
  return ANSWERS.includes(word) ? (word as OfferAnswer) : undefined;
}

export function asEnd(word: string): OfferEnd | undefined {
  return ENDS.includes(word) ? (word as OfferEnd) : undefined;
}

function asKind(word: string): ContentKind | undefined {
  return KINDS.includes(word) ? (word as ContentKind) : undefined;
}

function contentOf(fields: Fields, name: string): ContentId {
  return Buffer.from(fields.bytes(name, CONTENT_ID_BYTES)).toString('hex') as ContentId;
}

function rawId(id: ContentId): Uint8Array {
  return Buffer.from(id, 'hex');
}

function peerOf(fields: Fields, name: string): PeerId {
  return peerIdOfRaw(fields.bytes(name, PEER_ID_BYTES));
}
