/** What is said where chunks are given to a peer that keeps them for others, as CBOR maps and back. Throws P2pError `protocol`. */
import { LIMITS } from '#src/domain/limits.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Fields } from './fields.js';
import { FRAME } from './frame.js';
import type { Message } from './message.js';
import { idOf, indexOf, rangesOf, rawId } from './message-fields.js';

type SpreadMessage = Extract<Message, { type: 'give' | 'want' | 'put-chunk' | 'kept' }>;

type SpreadFrame =
  | typeof FRAME.give
  | typeof FRAME.want
  | typeof FRAME.putChunk
  | typeof FRAME.kept;

/** @returns a map to be encoded. */
export function spreadBody(message: SpreadMessage): object {
  switch (message.type) {
    case 'give':
      return { id: rawId(message.id), name: message.name, ranges: message.ranges };
    case 'want':
      return { ranges: message.ranges, holds: message.holds, manifest: message.manifest };
    case 'put-chunk':
    case 'kept':
      return { index: message.index };
    default:
      return unreachable(message);
  }
}

export function spreadMessageOf(type: SpreadFrame, fields: Fields): SpreadMessage {
  switch (type) {
    case FRAME.give:
      return {
        type: 'give',
        id: idOf(fields),
        name: fields.text('name', LIMITS.nameBytes),
        ranges: rangesOf(fields, 'ranges'),
      };
    case FRAME.want:
      return {
        type: 'want',
        ranges: rangesOf(fields, 'ranges'),
        holds: rangesOf(fields, 'holds'),
        manifest: fields.flag('manifest'),
      };
    case FRAME.putChunk:
      return { type: 'put-chunk', index: indexOf(fields) };
    case FRAME.kept:
      return { type: 'kept', index: indexOf(fields) };
    default:
      return unreachable(type);
  }
}
