/** Signs what is said to one peer alone with the key of this one: messages, offers, receipts. */
import type { PeerId } from '#src/domain/ids.js';
import type { HeardMessage } from '#src/domain/mesh/said-news.js';
import type { Credentials, Self } from '#src/domain/peers/self.js';
import type { Receipt, SendOffer } from '#src/domain/send/send-offer.js';
import { announcerKey } from '#src/wire/announcement.js';
import { messageIdOf, type Said, signMessage } from '#src/wire/signed-message.js';

export type Telling = Pick<HeardMessage, 'epoch' | 'sequence' | 'sentAt' | 'text'> & {
  readonly to: PeerId;
};

/** Costs a signature (100 us). */
export function signTell({ to, ...telling }: Telling, self: Self, by: Credentials): HeardMessage {
  const { peerId: author, name } = self;
  const { text, ...numbers } = telling;
  const said = { kind: 'tell', text, to } as const;
  const payload = signMessage({ ...numbers, name, said }, announcerKey(by.keyPem));
  return { ...telling, author, name, id: messageIdOf(payload), payload };
}

/** @returns what travels. */
export function signOffer(
  offer: SendOffer,
  sentAt: number,
  self: Self,
  by: Credentials,
): Uint8Array {
  return signed({ kind: 'offer', offer }, sentAt, self, by);
}

/** @returns what travels. */
export function signReceipt(receipt: Receipt, self: Self, by: Credentials): Uint8Array {
  return signed({ kind: 'receipt', receipt }, receipt.at, self, by);
}

/** What has a number of its own needs no other. */
function signed(said: Said, sentAt: number, { name }: Self, by: Credentials): Uint8Array {
  return signMessage({ epoch: 0, sequence: 0, sentAt, name, said }, announcerKey(by.keyPem));
}
