/** What two linked peers say to each other alone, as CBOR maps and back. Throws P2pError `protocol`. */
import { P2pError } from '#src/domain/errors.js';
import type { MessageId } from '#src/domain/mesh/broadcast-message.js';
import { unreachable } from '#src/domain/unreachable.js';
import type { Fields } from './fields.js';
import { messageIdOf, payloadOf, rawMessageId } from './mesh-fields.js';

/** What became of a private message. */
export type Outcome = 'stored' | 'full' | 'refused';

const OUTCOMES: readonly string[] = ['stored', 'full', 'refused'];

export type DirectMessage =
  /** A private message, signed by its author, who says it himself. */
  | { readonly type: 'tell'; readonly payload: Uint8Array }
  /** Answers `tell`, once it is stored or will not be. */
  | { readonly type: 'told'; readonly id: MessageId; readonly outcome: Outcome };

/** All but private messages, which are judged before they go on. */
export type DirectTold = Exclude<DirectMessage, { type: 'tell' }>;

/** @returns a map to be encoded. */
export function directBody(message: DirectMessage): object {
  switch (message.type) {
    case 'tell':
      return message;
    case 'told':
      return { ...message, id: rawMessageId(message.id) };
    default:
      return unreachable(message);
  }
}

/** @param fields of the map; what is in it beyond what is asked for is ignored. */
export function directMessageOf(fields: Fields): DirectMessage {
  const type = fields.text('type', 32);
  switch (type) {
    case 'tell':
      return { type, payload: payloadOf(fields.value('payload')) };
    case 'told':
      return {
        type,
        id: messageIdOf(fields.value('id')),
        outcome: fields.parsed('outcome', 16, asOutcome),
      };
    default:
      throw new P2pError('protocol', 'a direct message of unknown kind');
  }
}

function asOutcome(word: string): Outcome | undefined {
  return OUTCOMES.includes(word) ? (word as Outcome) : undefined;
}
