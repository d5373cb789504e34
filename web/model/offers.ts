/** What others would send, and waits for an answer. Pure. */
import type { Told } from '#src/peer/api.js';
import type { OfferRow } from '#src/peer/rows.js';

/** The oldest first. */
export type Offers = readonly OfferRow[];

export function stepOffers(offers: Offers, event: Told): Offers {
  switch (event.type) {
    case 'offer-received': {
      const { type: _, isTaken, why: __, ...row } = event;
      const others = without(offers, row.offerId);
      return isTaken ? others : [...others, row];
    }
    case 'offer-accepted':
    case 'offer-withdrawn':
    case 'offer-completed':
      return without(offers, event.offerId);
    default:
      return offers;
  }
}

/** It was answered. */
export function without(offers: Offers, id: string): Offers {
  return offers.some(({ offerId }) => offerId === id)
    ? offers.filter(({ offerId }) => offerId !== id)
    : offers;
}
