import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { OfferRow } from '#src/peer/rows.js';
import { stepOffers } from '#web/model/offers.js';

const OFFER: OfferRow = {
  number: 1,
  offerId: 'offer' as OfferId,
  from: 'anna' as PeerId,
  fromName: 'anna',
  name: 'photos',
  kind: 'directory',
  id: null,
  bytes: 1,
  files: 1,
  sentAt: 1,
  private: true,
};

describe('the offers of the page', () => {
  it('wait for an answer, once each, unless the settings took them', () => {
    const received = { type: 'offer-received', isTaken: false, ...OFFER } as const;
    const waiting = stepOffers(stepOffers([], received), received);
    expect(waiting).toEqual([OFFER]);
    expect(stepOffers(waiting, { ...received, isTaken: true })).toEqual([]);
  });

  it('go once they are accepted here or elsewhere, or taken back', () => {
    expect(stepOffers([OFFER], { type: 'offer-accepted', ...OFFER })).toEqual([]);
    const withdrawn = { type: 'offer-withdrawn', why: 'cancelled', ...OFFER } as const;
    expect(stepOffers([OFFER], withdrawn)).toEqual([]);
  });
});
