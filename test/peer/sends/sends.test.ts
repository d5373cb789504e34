/** What is offered, and what those it is for say of it. */
import { describe, expect, it, vi } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { PeerEvent } from '#src/peer/events.js';
import { forgetEarlier } from '#src/peer/oneshot-home.js';
import { OTHER_ID, PEER_ID } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';
import { CONTENT, OTHER, sendsOf } from '#test/support/played-sends.js';

describe('an offer to all', () => {
  it('is said to one who was linked a moment before, and is no neighbour yet', async () => {
    const { sends, linked, told, orders } = await sendsOf();
    linked.add(OTHER_ID);
    sends.linked(OTHER_ID);
    await sends.send('/film', undefined);
    expect(orders.map(({ type }) => type)).toContain('pass');
    expect(told(OTHER_ID)).toEqual(['send-offer']);
  });

  it('that is taken back is told to everybody who is linked, as it may wait there for an answer', async () => {
    const { sends, linked, told } = await sendsOf();
    linked.add(OTHER_ID);
    const { offerId } = await sends.send('/film', undefined);
    const send = sends.control.called(offerId);
    if (send === undefined) throw new Error('it is called by its id');
    await sends.control.cancel(send);
    expect(told(OTHER_ID)).toEqual(['send-offer', 'send-end']);
    sends.linked(OTHER_ID);
    expect(told(OTHER_ID)).toHaveLength(2);
  });

  it('is said to one who links later', async () => {
    const { sends, told } = await sendsOf();
    await sends.send('/film', undefined);
    sends.linked(OTHER_ID);
    expect(told(OTHER_ID)).toEqual(['send-offer']);
  });
});

describe('an offer that is not taken as it is', () => {
  it('is stated anew, before it is answered, where it has become more than was offered', async () => {
    const { sends, linked, told } = await sendsOf(newFolder(), (look) => ({
      ...CONTENT,
      id: String(look).repeat(64) as ContentId,
      bytes: 10 * (look + 1),
    }));
    linked.add(OTHER_ID);
    const { id, offerId } = await sends.send('/folder', undefined);
    expect(told(OTHER_ID)).toEqual(['send-offer']);
    sends.stale(id as ContentId);
    await vi.waitFor(() => expect(told(OTHER_ID)).toEqual(['send-offer', 'send-offer']));
    expect(sends.rows).toMatchObject([{ bytes: 20 }]);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    sends.stale(sends.rows[0]?.id as ContentId);
    await vi.waitFor(() => expect(sends.rows).toMatchObject([{ bytes: 30 }]));
    await vi.waitFor(() => expect(told(OTHER_ID).at(-1)).toBe('send-sealed'));
    expect(told(OTHER_ID).filter((type) => type === 'send-offer')).toHaveLength(2);
  });

  it('has failed where its receiver refuses more than he accepted, and says what to do', async () => {
    const { sends, events } = await sendsOf();
    const { offerId } = await sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    const refused = { offerId, answer: 'rejected', obstacle: 'too-large' } as const;
    sends.answers.hearAnswer(OTHER_ID, refused);
    expect(sends.transfers).toMatchObject([{ state: 'failed', why: { code: 'too-large' } }]);
    expect(sends.rows).toMatchObject([{ isOpen: false }]);
    const failed = events.filter(({ type }) => type === 'transfer-failed');
    expect(failed).toMatchObject([{ message: expect.stringContaining('send it again') }]);
    const answers = events.filter(({ type }) => type === 'offer-answered');
    expect(answers.at(-1)).toMatchObject({ answer: 'rejected', why: { code: 'too-large' } });
  });

  it('waits, and says why, where there is no room for now', async () => {
    const { sends, events, linked } = await sendsOf();
    linked.add(OTHER_ID);
    const { offerId } = await sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    const hindered = { offerId, answer: 'accepted', obstacle: 'disk-full' } as const;
    sends.answers.hearAnswer(OTHER_ID, hindered);
    expect(sends.transfers).toMatchObject([{ state: 'waiting', why: { code: 'disk-full' } }]);
    expect(events.filter(({ type }) => type === 'transfer-failed')).toEqual([]);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(sends.transfers[0]?.why).toBeUndefined();
  });
});

describe('an offer whose taker pauses it', () => {
  const pausesOf = (events: readonly PeerEvent[]) =>
    events.flatMap((event) => (event.type === 'send-paused' ? [event.isPaused] : []));
  const lastRow = (events: readonly PeerEvent[]) =>
    events.findLast((event) => event.type === 'transfer' && event.peerId === OTHER_ID);

  it('waits and says by whom, over a restart too, until he goes on: that is told once each', async () => {
    const folder = newFolder();
    const first = await sendsOf(folder);
    first.linked.add(OTHER_ID);
    const { offerId } = await first.sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    const paused = { offerId, answer: 'accepted', obstacle: 'paused' } as const;
    first.sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    for (let times = 0; times < 3; times += 1) first.sends.answers.hearAnswer(OTHER_ID, paused);
    const waiting = { state: 'waiting', why: { code: 'paused' } };
    expect(first.sends.transfers).toMatchObject([waiting]);
    expect(lastRow(first.events)).toMatchObject(waiting);
    expect(pausesOf(first.events)).toEqual([true]);
    await first.end();
    const { sends, events, linked } = await sendsOf(folder);
    await sends.read();
    linked.add(OTHER_ID);
    expect(sends.transfers).toMatchObject([waiting]);
    sends.answers.hearAnswer(OTHER_ID, paused);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(pausesOf(events)).toEqual([false]);
    expect(events.filter(({ type }) => type === 'offer-answered')).toEqual([]);
    expect(lastRow(events)).toMatchObject({ state: 'waiting' });
    expect(lastRow(events)).not.toHaveProperty('why');
  });

  it('is taken all the same, where that is the first that is heard of him', async () => {
    const { sends, events } = await sendsOf();
    const { offerId } = await sends.send('/film', undefined);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted', obstacle: 'paused' });
    const [answered] = events.filter(({ type }) => type === 'offer-answered');
    expect(answered).toMatchObject({ answer: 'accepted', peerId: OTHER_ID });
    expect(answered).not.toHaveProperty('why');
    expect(pausesOf(events)).toEqual([true]);
    expect(sends.transfers).toMatchObject([{ state: 'offered', taken: 1 }, { state: 'waiting' }]);
  });

  it('is not paused by one whom it is not for, nor once it is there or over', async () => {
    const { sends, events, linked } = await sendsOf();
    for (const peer of [OTHER_ID, PEER_ID]) linked.add(peer);
    const { offerId } = await sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    const paused = { offerId, answer: 'accepted', obstacle: 'paused' } as const;
    sends.answers.hearAnswer(PEER_ID, paused);
    expect(sends.transfers).toMatchObject([{ peerId: OTHER_ID, why: { code: 'unanswered' } }]);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    await vi.waitFor(() => expect(sends.rows).toMatchObject([{ id: CONTENT.id }]));
    const said = { offerId, id: CONTENT.id, bytes: CONTENT.bytes, sender: OTHER_ID, at: 1 };
    sends.answers.hearReceipt(OTHER_ID, said, new Uint8Array());
    sends.answers.hearAnswer(OTHER_ID, paused);
    expect(sends.transfers).toMatchObject([{ state: 'completed' }]);
    expect(sends.transfers[0]).not.toHaveProperty('why');
    expect(pausesOf(events)).toEqual([]);
  });

  it('waits for who comes and goes for another reason each time, which is told', async () => {
    const { sends, events, linked } = await sendsOf();
    linked.add(OTHER_ID);
    const { offerId } = await sends.send('/film', { ...OTHER, peerId: OTHER_ID });
    expect(sends.transfers).toMatchObject([{ state: 'waiting', why: { code: 'unanswered' } }]);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    linked.clear();
    sends.unlinked(OTHER_ID);
    expect(lastRow(events)).toMatchObject({ state: 'waiting', why: { code: 'away' } });
    linked.add(OTHER_ID);
    sends.linked(OTHER_ID);
    expect(lastRow(events)).not.toHaveProperty('why');
  });
});

describe('an offer of an earlier start', () => {
  it('is known before it is looked at: who links meanwhile hears it, and may say of it what he will', async () => {
    const folder = newFolder();
    const first = await sendsOf(folder);
    const { offerId } = await first.sends.send('/film', undefined);
    await first.end();
    const { sends, told } = await sendsOf(folder);
    await sends.read();
    sends.linked(OTHER_ID);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(told(OTHER_ID)).toEqual(['send-offer', 'send-sealed']);
  });

  it('of a one-shot command that was killed is neither over nor open until the same is sent again', async () => {
    const folder = newFolder();
    const to = { ...OTHER, peerId: OTHER_ID };
    const first = await sendsOf(folder);
    const { offerId } = await first.sends.send('/film', to);
    first.sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    await first.end();
    await forgetEarlier(folder);
    const { sends, told } = await sendsOf(folder);
    await sends.read();
    sends.linked(OTHER_ID);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(told(OTHER_ID)).toEqual([]);
    const again = await sends.send('/film', to);
    expect([again.offerId, told(OTHER_ID)]).toEqual([offerId, ['send-offer']]);
    await sends.send('/other', to);
    expect(sends.rows).toMatchObject([{ isOpen: true }, { isOpen: true }]);
  });

  it('that is open no more, or not known at all, is answered with its end to who waits for it', async () => {
    const { sends, orders } = await sendsOf();
    const ends = () =>
      orders.flatMap((order) =>
        order.type === 'tell' && order.message.type === 'send-end' ? [order.message.why] : [],
      );
    const { offerId } = await sends.send('/film', undefined);
    const send = sends.control.called(offerId);
    if (send === undefined) throw new Error('it is called by its id');
    await sends.control.cancel(send);
    sends.answers.hearAnswer(OTHER_ID, { offerId, answer: 'accepted' });
    expect(ends()).toEqual(['cancelled']);
    const unknown = 'f'.repeat(32) as OfferId;
    sends.answers.hearAnswer(OTHER_ID, { offerId: unknown, answer: 'rejected' });
    sends.answers.hearAnswer(OTHER_ID, { offerId: unknown, answer: 'accepted' });
    expect(ends()).toEqual(['cancelled', 'changed']);
  });
});
