/** Arbitrary messages between two peers alone, as fast-check makes them. */
import * as fc from 'fast-check';
import type { DirectMessage, Outcome } from '#src/wire/direct-message.js';
import { messageId, payload } from './mesh-messages.js';

export const directMessage: fc.Arbitrary<DirectMessage> = fc.oneof(
  fc.record({ type: fc.constant('tell' as const), payload }),
  fc.record({
    type: fc.constant('told' as const),
    id: messageId,
    outcome: fc.constantFrom<Outcome>('stored', 'full', 'refused'),
  }),
);
