/** What two linked peers say to each other alone, as CBOR maps and back. Throws P2pError `protocol`. */
import { P2pError } from '#src/domain/errors.js';
import { LIMITS } from '#src/domain/limits.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import {
  type Colour,
  type Profile,
  parseColour,
  parseName,
  parseStatus,
} from '#src/domain/peers/profile.js';
import type { StopReason, VerifyMessage } from '#src/domain/peers/verification.js';
import type { Answer } from '#src/domain/query/query.js';
import type { Answered, OfferEnd, OfferId, Sealed } from '#src/domain/send/send-offer.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Fields } from './fields.js';
import { messageIdOf, payloadOf, rawMessageId } from './mesh-fields.js';
import { answerOf, rawAnswer } from './query-message.js';
import {
  answeredOf,
  asEnd,
  offerIdOf,
  rawAnswered,
  rawOfferId,
  rawSealed,
  sealedOf,
} from './send-message.js';

/** What became of a private message. */
export type Outcome = 'stored' | 'full' | 'refused';

/** A SHA-256, and as many random bytes behind it. */
const VERIFY_BYTES = 32;

const OUTCOMES: readonly string[] = ['stored', 'full', 'refused'];

export type DirectMessage =
  /** A private message, signed by its author, who says it himself. */
  | { readonly type: 'tell'; readonly payload: Uint8Array }
  /** Answers `tell`, once it is stored or will not be. */
  | { readonly type: 'told'; readonly id: MessageId; readonly outcome: Outcome }
  /** Answers a question that this peer asked everybody. */
  | { readonly type: 'answer'; readonly answer: Answer }
  /** Comparing words. */
  | VerifyMessage
  /** What it calls itself now, in which colour, and whether its user is away. */
  | ({ readonly type: 'profile' } & Profile)
  /** Would send something, as signed, by whoever signed it. */
  | { readonly type: 'send-offer'; readonly payload: Uint8Array }
  /** Answers an offer. */
  | ({ readonly type: 'send-answer' } & Answered)
  /** What an offer has come to be. */
  | ({ readonly type: 'send-sealed' } & Sealed)
  /** There is nothing more to an offer. */
  | { readonly type: 'send-end'; readonly offerId: OfferId; readonly why: OfferEnd }
  /** Nobody is given any of it for now, or again. */
  | { readonly type: 'send-pause'; readonly offerId: OfferId; readonly isPaused: boolean }
  /** So much of it is here, from whomever it came. */
  | { readonly type: 'send-progress'; readonly offerId: OfferId; readonly bytes: number }
  /** All of it arrived, as signed, by whoever signed it. */
  | { readonly type: 'send-receipt'; readonly payload: Uint8Array };

/** All that is signed by itself, and judged before it goes on. */
export type DirectSigned = Extract<DirectMessage, { payload: Uint8Array }>;

export type DirectTold = Exclude<DirectMessage, DirectSigned | { type: 'answer' }>;

/** What is no answer to a question to everybody. */
export type DirectWord = Exclude<DirectMessage, { type: 'answer' }>;

/** @returns a map to be encoded. */
export function directBody(message: DirectMessage): object {
  switch (message.type) {
    case 'tell':
    case 'profile':
    case 'send-offer':
    case 'send-receipt':
    case 'verify-commit':
    case 'verify-answer':
    case 'verify-reveal':
    case 'verify-stop':
      return message;
    case 'told':
      return { ...message, id: rawMessageId(message.id) };
    case 'answer':
      return { type: message.type, ...rawAnswer(message.answer) };
    case 'send-answer':
      return { type: message.type, ...rawAnswered(message) };
    case 'send-sealed':
      return { type: message.type, ...rawSealed(message) };
    case 'send-end':
      return { type: message.type, offer: rawOfferId(message.offerId), why: message.why };
    case 'send-pause':
      return { type: message.type, offer: rawOfferId(message.offerId), paused: message.isPaused };
    case 'send-progress':
      return { type: message.type, offer: rawOfferId(message.offerId), bytes: message.bytes };
    default:
      return unreachable(message);
  }
}

/** @param fields of the map; what is in it beyond what is asked for is ignored. */
export function directMessageOf(fields: Fields): DirectMessage {
  const type = fields.text('type', 32);
  switch (type) {
    case 'tell':
    case 'send-offer':
    case 'send-receipt':
      return { type, payload: payloadOf(fields.value('payload')) };
    case 'send-answer':
      return { type, ...answeredOf(fields) };
    case 'send-sealed':
      return { type, ...sealedOf(fields) };
    case 'send-end':
      return { type, offerId: offerIdOf(fields), why: fields.parsed('why', 16, asEnd) };
    case 'send-pause':
      return { type, offerId: offerIdOf(fields), isPaused: fields.flag('paused') };
    case 'send-progress':
      return { type, offerId: offerIdOf(fields), bytes: fields.uint('bytes') };
    case 'told':
      return {
        type,
        id: messageIdOf(fields.value('id')),
        outcome: fields.parsed('outcome', 16, asOutcome),
      };
    case 'answer':
      return { type, answer: answerOf(fields) };
    case 'profile':
      return { type, ...profileOf(fields) };
    case 'verify-commit':
    case 'verify-answer':
    case 'verify-reveal':
    case 'verify-stop':
      return verificationOf(type, fields);
    default:
      throw new P2pError('protocol', 'a direct message of unknown kind');
  }
}

function verificationOf(type: VerifyMessage['type'], fields: Fields): VerifyMessage {
  const round = fields.bytes('round', VERIFY_BYTES);
  switch (type) {
    case 'verify-commit':
      return { type, round };
    case 'verify-answer':
    case 'verify-reveal':
      return { type, round, secret: fields.bytes('secret', VERIFY_BYTES) };
    case 'verify-stop':
      return { type, round, why: fields.parsed('why', 16, asStopReason) };
    default:
      return unreachable(type);
  }
}

function profileOf(fields: Fields): Profile {
  return {
    name: fields.parsed('name', LIMITS.peerNameBytes, parseName),
    status: fields.parsed('status', 256, parseStatus),
    ...colourOf(fields),
  };
}

/** A word we do not know is no colour here: decoration must not cost a link with a newer peer. */
function colourOf(fields: Fields): { readonly colour?: Colour } {
  if (fields.value('colour') === undefined) return {};
  const colour = parseColour(fields.text('colour', 16));
  return colour === undefined ? {} : { colour };
}

function asOutcome(word: string): Outcome | undefined {
  return OUTCOMES.includes(word) ? (word as Outcome) : undefined;
}

function asStopReason(word: string): StopReason | undefined {
  return word === 'busy' || word === 'mismatch' ? word : undefined;
}
