/** An offer as it is told to whoever decides on it. */
import type { HeardOffer, SendOffer } from '#src/domain/send/send-offer.js';
import type { SignedMessage } from '#src/wire/signed-message.js';

type OfferNews = { readonly type: 'offer-heard'; readonly offer: HeardOffer };

export function offerNews({ author, name, sentAt }: SignedMessage, offer: SendOffer): OfferNews {
  return { type: 'offer-heard', offer: { ...offer, from: author, fromName: name, sentAt } };
}
