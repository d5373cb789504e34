import { randomBytes } from 'node:crypto';
import type { OfferId } from '#src/domain/send/send-offer.js';

const OFFER_ID_BYTES = 16;

export function newOfferId(): OfferId {
  return randomBytes(OFFER_ID_BYTES).toString('hex') as OfferId;
}
