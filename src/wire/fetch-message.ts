/** What is asked and told of a content between who fetches it and who has it, as CBOR maps and back. Throws P2pError `protocol`. */
import { LIMITS } from '#src/domain/limits.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Fields } from './fields.js';
import { FRAME } from './frame.js';
import type { Message } from './message.js';
import { asPriority, hashesOf, idOf, indexOf, rangesOf, rawId } from './message-fields.js';
import { RUN_KEY_BYTES, RUN_SIGNATURE_BYTES } from './signed-run.js';

type FetchMessage = Extract<
  Message,
  {
    type:
      | 'get-root'
      | 'get-page'
      | 'get-have'
      | 'have'
      | 'hold'
      | 'hashes'
      | 'get-chunk'
      | 'get-segments'
      | 'prefer';
  }
>;

type FetchFrame =
  | typeof FRAME.getRoot
  | typeof FRAME.getPage
  | typeof FRAME.getHave
  | typeof FRAME.have
  | typeof FRAME.hold
  | typeof FRAME.hashes
  | typeof FRAME.getChunk
  | typeof FRAME.getSegments
  | typeof FRAME.prefer;

/** @returns a map to be encoded. */
export function fetchBody(message: FetchMessage): object {
  switch (message.type) {
    case 'get-root':
      return { id: rawId(message.id) };
    case 'get-have': {
      const { id, holds } = message;
      return { id: rawId(id), ...(holds !== undefined && { holds }) };
    }
    case 'get-page':
    case 'get-segments':
      return { id: rawId(message.id), page: message.page };
    case 'have':
      return { ranges: message.ranges, ...(message.partly && { partly: true }) };
    case 'hold':
      return { ranges: message.ranges };
    case 'hashes': {
      const { first, hashes, key, signature } = message;
      return { first, hashes, key, signature };
    }
    case 'get-chunk':
      return { id: rawId(message.id), index: message.index };
    case 'prefer':
      return { priority: message.priority };
    default:
      return unreachable(message);
  }
}

export function fetchMessageOf(type: FetchFrame, fields: Fields): FetchMessage {
  switch (type) {
    case FRAME.getRoot:
      return { type: 'get-root', id: idOf(fields) };
    case FRAME.getPage:
      return { type: 'get-page', id: idOf(fields), page: fields.uint('page', LIMITS.chunks) };
    case FRAME.getHave:
      return {
        ...({ type: 'get-have', id: idOf(fields) } as const),
        ...(fields.value('holds') !== undefined && { holds: rangesOf(fields, 'holds') }),
      };
    case FRAME.have:
      return {
        ...({ type: 'have', ranges: rangesOf(fields, 'ranges') } as const),
        ...(fields.value('partly') !== undefined && fields.flag('partly') && { partly: true }),
      };
    case FRAME.hold:
      return { type: 'hold', ranges: rangesOf(fields, 'ranges') };
    case FRAME.hashes:
      return {
        type: 'hashes',
        first: fields.uint('first', LIMITS.chunks),
        hashes: hashesOf(fields),
        key: fields.bytes('key', RUN_KEY_BYTES),
        signature: fields.bytes('signature', RUN_SIGNATURE_BYTES),
      };
    case FRAME.getChunk:
      return { type: 'get-chunk', id: idOf(fields), index: indexOf(fields) };
    case FRAME.getSegments:
      return { type: 'get-segments', id: idOf(fields), page: fields.uint('page', LIMITS.chunks) };
    case FRAME.prefer:
      return { type: 'prefer', priority: fields.parsed('priority', 8, asPriority) };
    default:
      return unreachable(type);
  }
}
