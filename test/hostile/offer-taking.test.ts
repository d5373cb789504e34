/** Before an offer is accepted nothing is written, and whoever accepts all takes no more than he said. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { KiB } from '#src/domain/limits.js';
import type { SendOffer } from '#src/domain/send/send-offer.js';
import { chunkFrame, type Hand } from '#test/support/hostile-peer.js';
import { offerWith, say, signedOffer } from '#test/support/hostile-sender.js';
import { newIdentity } from '#test/support/identities.js';
import { afterwards, alone, answers, linked, names, until } from '#test/support/offered.js';

vi.setConfig({ testTimeout: 120_000 });

describe('one who takes all without asking', () => {
  it('takes no more than the settings allow, however fast it is offered', async () => {
    const [anna] = await alone({ inbox: { accept: 'all', quotaBytes: 100 } });
    const mallory = await newIdentity();
    const hand = await linked(anna, mallory);
    for (let count = 0; count < 20; count += 1) {
      say(hand, signedOffer(offerWith({ bytes: 60 }), mallory));
    }
    await until(() => expect(anna.heard.of('offer-received')).toHaveLength(20));
    const taken = anna.heard.of('offer-received').filter(({ isTaken }) => isTaken);
    expect(taken).toHaveLength(1);
    await until(() => expect(anna.heard.of('offer-accepted')).toHaveLength(1));
    expect(anna.offers()).toHaveLength(19);
  });
});

describe('an offer that its sender states anew', () => {
  it('has another number, and the one that the user has read is not taken for it', async () => {
    const [anna] = await alone();
    const mallory = await newIdentity();
    const hand = await linked(anna, mallory);
    const offer = offerWith({ to: anna.peerId, bytes: 10 });
    say(hand, signedOffer(offer, mallory));
    const { number } = await anna.heard.until('offer-received');
    say(hand, signedOffer({ ...offer, bytes: 2 ** 40 }, mallory));
    const changed = await anna.heard.until('offer-withdrawn');
    expect(changed).toMatchObject({ number, bytes: 10, why: 'changed' });
    await expect(anna.accept(String(number))).rejects.toMatchObject({ code: 'not-found' });
    expect(anna.offers()).toMatchObject([{ number: number + 1, bytes: 2 ** 40 }]);
  });

  it('again and again is heard only so often', async () => {
    const [anna] = await alone();
    const mallory = await newIdentity();
    const hand = await linked(anna, mallory);
    const offer = offerWith({ to: anna.peerId });
    for (let bytes = 1; bytes <= 60; bytes += 1) {
      say(hand, signedOffer({ ...offer, bytes }, mallory));
    }
    await afterwards(anna, hand, mallory);
    expect(anna.heard.of('offer-received').length).toBeLessThanOrEqual(21);
    expect(anna.offers()).toHaveLength(2);
  });

  it('is judged anew by the settings, and taken by none where it cannot be put anywhere', async () => {
    const [anna] = await alone({ inbox: { accept: 'all' } });
    writeFileSync(join(anna.home.downloads, 'inbox'), 'a file, not a folder');
    const mallory = await newIdentity();
    const hand = await linked(anna, mallory);
    say(hand, signedOffer(offerWith({ to: anna.peerId }), mallory));
    const told = await anna.heard.until('offer-received');
    expect(told).toMatchObject({ isTaken: false, why: expect.stringContaining('inbox') });
    expect(anna.offers()).toHaveLength(1);
  });
});

describe('before it is accepted', () => {
  it('nothing is fetched and nothing is written, whatever comes', async () => {
    const [anna] = await alone();
    const mallory = await newIdentity();
    const offer: SendOffer = offerWith({ to: anna.peerId, bytes: 100 });
    const bytes = Buffer.alloc(16 * KiB, 'x');
    const pushes: readonly ((hand: Hand) => void)[] = [
      (hand) => hand.raw(chunkFrame(1, bytes)),
      (hand) => hand.send({ type: 'put-chunk', index: 0 }, 1),
      (hand) => hand.send({ type: 'offer-file', name: offer.name, bytes: 100 }, 1),
      (hand) => hand.send({ type: 'root', bytes }, 1),
    ];
    for (const push of pushes) {
      const hand = await linked(anna, mallory);
      say(hand, signedOffer(offer, mallory));
      // The same once more does not begin anything either.
      say(hand, signedOffer(offer, mallory));
      await anna.heard.until('offer-received');
      const { offerId } = offer;
      say(hand, { type: 'send-sealed', offerId, id: offerWith({}).draft, bytes: 100 });
      push(hand);
      await hand.closed;
    }
    expect(anna.heard.of('offer-received')).toHaveLength(1);
    expect(anna.offers()).toHaveLength(1);
    expect(await anna.transfers()).toEqual([]);
    expect(readdirSync(anna.home.downloads)).toEqual([]);
    expect(existsSync(join(anna.home.downloads, 'inbox'))).toBe(false);
  });

  it('one that somebody else has copied keeps nobody from the real one, and is never mixed with it', async () => {
    const [anna] = await alone();
    const [mallory, ben] = [await newIdentity(), await newIdentity()];
    const [hand, benHand] = [await linked(anna, mallory), await linked(anna, ben)];
    const real = offerWith({ name: 'of ben' });
    say(hand, signedOffer({ ...real, name: 'of mallory' }, mallory));
    await anna.heard.until('offer-received');
    say(benHand, signedOffer(real, ben));
    await anna.heard.until('offer-received', { where: ({ from }) => from === ben.peerId });
    const copied = anna.offers().find(({ from }) => from === mallory.peerId);
    await anna.reject(String(copied?.number));
    expect(names(anna)).toEqual(['of ben']);
    expect(answers(benHand)).toEqual([]);
    const again = offerWith({ draft: real.draft, name: 'the same listing' });
    say(hand, signedOffer(again, mallory));
    await anna.heard.until('offer-received', { where: ({ name }) => name === again.name });
    const [first, second] = anna.offers();
    await anna.accept(String(first?.number));
    await expect(anna.accept(String(second?.number))).rejects.toMatchObject({ code: 'exists' });
    expect(names(anna)).toEqual([again.name]);
  });
});
