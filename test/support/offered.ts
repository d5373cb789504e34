/** A peer alone with whoever offers it something, whom a test plays. */
import { vi } from 'vitest';
import type { SettingsInput } from '#config/load.js';
import type { ContentId } from '#src/domain/ids.js';
import type { OfferAnswer } from '#src/domain/send/send-offer.js';
import type { Identity } from '#src/io/disk/identity.js';
import { type Hand, introduce } from './hostile-peer.js';
import { offerWith, say, signedOffer, told } from './hostile-sender.js';
import { createNetwork, type Network, type TestPeer } from './network.js';

export const PATIENCE_MS = 60_000;

export const until = (check: () => void) =>
  vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20 });

/** @returns what its last send came to be, once all of it is hashed. */
export const hashedBy = (sender: TestPeer): Promise<ContentId> =>
  vi.waitFor(
    () => {
      const id = sender.sends().at(-1)?.id ?? null;
      if (id === null) throw new Error('what is sent is not hashed yet');
      return id;
    },
    { timeout: PATIENCE_MS, interval: 20 },
  );

export async function alone(settings: SettingsInput = {}): Promise<[TestPeer, Network]> {
  const network = await createNetwork(1, undefined, { settings });
  return [network.peers[0] as TestPeer, network];
}

export const linked = (victim: TestPeer, by: Identity) => introduce(victim.ports.mesh, 'link', by);

/** Says something that counts after all before it: then those were heard, too. */
export async function afterwards(victim: TestPeer, hand: Hand, by: Identity): Promise<void> {
  const last = offerWith({ name: 'the last one' });
  say(hand, signedOffer(last, by));
  await victim.heard.until('offer-received', { where: ({ offerId }) => offerId === last.offerId });
}

export const answers = (hand: Hand): readonly OfferAnswer[] =>
  told(hand, 'send-answer').map(({ answer }) => answer);

export const names = (victim: TestPeer) => victim.offers().map(({ name }) => name);
