/** Arbitrary messages between two peers alone, as fast-check makes them. */
import * as fc from 'fast-check';
import { COLOURS } from '#src/domain/peers/profile.js';
import type { StopReason } from '#src/domain/peers/verification.js';
import type { OfferAnswer, OfferEnd, OfferId } from '#src/domain/send/send-offer.js';
import type { DirectMessage, Outcome } from '#src/wire/direct-message.js';
import { messageId, payload } from './mesh-messages.js';
import { answer } from './query-messages.js';

const offerId = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as OfferId);

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });

export const directMessage: fc.Arbitrary<DirectMessage> = fc.oneof(
  fc.record({ type: fc.constant('tell' as const), payload }),
  fc.record({
    type: fc.constant('told' as const),
    id: messageId,
    outcome: fc.constantFrom<Outcome>('stored', 'full', 'refused'),
  }),
  fc.record({ type: fc.constant('answer' as const), answer }),
  fc.record(
    {
      type: fc.constant('profile' as const),
      name: fc.stringMatching(/^[a-z\u00e4]{1,32}$/),
      status: fc.constantFrom('', 'away', 'away: at lunch'),
      colour: fc.constantFrom(...COLOURS),
    },
    { requiredKeys: ['type', 'name', 'status'] },
  ),
  fc.record({ type: fc.constant('verify-commit' as const), round: hash }),
  fc.record({
    type: fc.constantFrom('verify-answer' as const, 'verify-reveal' as const),
    round: hash,
    secret: hash,
  }),
  fc.record({
    type: fc.constant('verify-stop' as const),
    round: hash,
    why: fc.constantFrom<StopReason>('busy', 'mismatch'),
  }),
  fc.record(
    {
      type: fc.constant('send-answer' as const),
      offerId,
      answer: fc.constantFrom<OfferAnswer>('accepted', 'rejected', 'full'),
      again: fc.constant(true as const),
      turns: fc.nat(),
    },
    { requiredKeys: ['type', 'offerId', 'answer'] },
  ),
  fc.record({ type: fc.constant('send-pause' as const), offerId, isPaused: fc.boolean() }),
  fc.record({ type: fc.constant('send-progress' as const), offerId, bytes: fc.nat() }),
  fc.record({
    type: fc.constant('send-end' as const),
    offerId,
    why: fc.constantFrom<OfferEnd>('cancelled', 'changed', 'noted'),
  }),
);
