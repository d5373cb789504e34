/** Words about offers that are none of the speaker's business. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { introduce } from '#test/support/hostile-peer.js';
import { newOfferId, offerWith, say, signedReceipt, told } from '#test/support/hostile-sender.js';
import { newIdentity } from '#test/support/identities.js';
import { afterwards, alone, hashedBy, linked, until } from '#test/support/offered.js';

vi.setConfig({ testTimeout: 120_000 });

describe('words about an offer', () => {
  async function offeredToBen() {
    const [anna, network] = await alone();
    const [ben, mallory] = [await newIdentity(), await newIdentity()];
    const [benHand, hand] = [await linked(anna, ben), await linked(anna, mallory)];
    await until(() => expect(anna.peers().map(({ peerId }) => peerId)).toContain(ben.peerId));
    const path = join(network.folder, 'for ben.txt');
    writeFileSync(path, 'for ben alone');
    const sent = await anna.send(path, { to: ben.peerId });
    await until(() => expect(told(benHand, 'send-offer')).toHaveLength(1));
    const { offerId, bytes } = sent;
    const id = await hashedBy(anna);
    return { anna, ben, benHand, mallory, hand, offerId, id, bytes };
  }

  it('by one whom it is not for, or of an offer that there is not, change nothing', async () => {
    const { anna, mallory, hand, offerId, id, bytes } = await offeredToBen();
    const before = anna.sends();
    const receipt = { id, bytes, sender: anna.peerId, at: 1 };
    for (const about of [offerId, newOfferId()]) {
      for (const answer of ['accepted', 'rejected', 'full'] as const) {
        say(hand, { type: 'send-answer', offerId: about, answer });
      }
      for (const why of ['cancelled', 'changed', 'noted'] as const) {
        say(hand, { type: 'send-end', offerId: about, why });
      }
      say(hand, { type: 'send-sealed', offerId: about, id, bytes });
      say(hand, signedReceipt({ ...receipt, offerId: about }, mallory));
    }
    await afterwards(anna, hand, mallory);
    expect(anna.sends()).toEqual(before);
    for (const type of ['send-sealed', 'send-answer'] as const) {
      expect(told(hand, type)).toEqual([]);
    }
    await until(() => expect(told(hand, 'send-end')).toHaveLength(2));
    // He learns nothing from that: of what is for another he hears what he hears of what there is not.
    const ends = told(hand, 'send-end');
    expect(ends.map(({ why }) => why)).toEqual(['changed', 'changed']);
    expect(ends.map((end) => end.offerId)).toContain(offerId);
    expect(anna.heard.of('offer-answered')).toEqual([]);
    expect(anna.heard.of('send-received')).toEqual([]);
  });

  it('as receipts of other bytes or of another content count for nothing, and the right one once', async () => {
    const { anna, ben, benHand, offerId, id, bytes } = await offeredToBen();
    const receipt = { offerId, id, bytes, sender: anna.peerId, at: 1 };
    say(benHand, { type: 'send-answer', offerId, answer: 'accepted' });
    say(benHand, signedReceipt({ ...receipt, bytes: bytes + 1 }, ben));
    say(benHand, signedReceipt({ ...receipt, bytes: 0 }, ben));
    say(benHand, signedReceipt({ ...receipt, id: offerWith({}).draft }, ben));
    await afterwards(anna, benHand, ben);
    expect(anna.heard.of('send-received')).toEqual([]);
    expect(told(benHand, 'send-end')).toEqual([]);
    expect(anna.sends()).toMatchObject([{ isOpen: true, recipients: [{ state: 'accepted' }] }]);
    for (let times = 0; times < 3; times += 1) say(benHand, signedReceipt(receipt, ben));
    await until(() => expect(told(benHand, 'send-end')).toHaveLength(3));
    expect(anna.heard.of('send-received')).toHaveLength(1);
    expect(anna.sends()).toMatchObject([{ isOpen: false }]);
  });

  it('as receipts of what he never accepted count for nothing, whomever it is offered to', async () => {
    const { anna, ben, benHand, mallory, hand, offerId, id, bytes } = await offeredToBen();
    const receipt = { id, bytes, sender: anna.peerId, at: 1 };
    say(benHand, signedReceipt({ ...receipt, offerId }, ben));
    const toAll = await anna.send(join(anna.home.data, '..', '..', 'for ben.txt'), {});
    // It is offered before it is known to be that, where its hashes are looked up a moment longer.
    const idNow = () => anna.sends().find((one) => one.offerId === toAll.offerId)?.id;
    await until(() => expect(idNow()).toBe(id));
    say(hand, signedReceipt({ ...receipt, offerId: toAll.offerId }, mallory));
    await afterwards(anna, benHand, ben);
    await afterwards(anna, hand, mallory);
    expect(anna.heard.of('send-received')).toEqual([]);
    expect([...told(benHand, 'send-end'), ...told(hand, 'send-end')]).toEqual([]);
    expect(anna.sends()).toMatchObject([{ recipients: [] }, { recipients: [] }]);
  });

  it('do not give it to anybody else who asks for it by its id', async () => {
    const { anna, ben, mallory, id } = await offeredToBen();
    const asking = await introduce(anna.ports.transfer, 'transfer', mallory);
    asking.send({ type: 'get-root', id }, 1);
    asking.send({ type: 'get-have', id }, 2);
    asking.send({ type: 'get-chunk', id, index: 0 }, 3);
    asking.send({ type: 'get-page', id, page: 0 }, 4);
    const refused = () => asking.heard.filter(({ message }) => message.type === 'refused');
    await until(() => expect(refused()).toHaveLength(4));
    expect(asking.received.chunkBytes).toBe(0);
    const entitled = await introduce(anna.ports.transfer, 'transfer', ben);
    entitled.send({ type: 'get-root', id }, 1);
    await entitled.until('root');
  });
});
