/** What is heard of offers that were accepted in an earlier run. */
import { EMPTY } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ErrorCode, P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import { type OfferId, offerKey } from '#src/domain/send/send-offer.js';
import { openDatabase } from '#src/io/disk/database.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import { Givers } from '#src/peer/sends/givers.js';
import { Inbox, type InboxParts } from '#src/peer/sends/inbox.js';
import { Receiving, type ReceivingParts } from '#src/peer/sends/receiving.js';
import { OTHER_ID, PEER_ID } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';
import { offerWith } from '#test/support/hostile-sender.js';

const OFFER = { ...offerWith({ to: PEER_ID }), from: OTHER_ID, fromName: 'anna', sentAt: 1 };

const ACCEPTED: ReceiveRecord = {
  offerId: OFFER.offerId,
  from: OTHER_ID,
  fromName: 'anna',
  name: OFFER.name,
  draft: OFFER.draft,
  id: 'c'.repeat(64) as ContentId,
  bytes: OFFER.bytes,
  files: 1,
  isPrivate: true,
  to: '/inbox/',
  state: 'accepted',
  at: 1,
  isUnasked: true,
  path: '',
  receipt: '',
};

/** With one offer that was accepted before. */
async function restarted(record = ACCEPTED) {
  const { database } = await openDatabase(newFolder());
  await database.put('receives', offerKey(OTHER_ID, OFFER.offerId), record);
  const events: PeerEvent[] = [];
  const said: string[] = [];
  let fetched = 0;
  let refuse: (error: Error) => void = () => undefined;
  const receivingParts = {
    home: {
      database,
      self: { peerId: PEER_ID },
      settings: { inbox: { folder: '/elsewhere' } },
    },
    downloads: {
      fetch: () => {
        fetched += 1;
        const download = new Promise((_, reject) => {
          refuse = reject;
        });
        return Object.assign(download, { progress: EMPTY });
      },
      seal: () => undefined,
      heldBack: { set: () => undefined, withdraw: () => undefined },
      control: { reached: () => undefined },
    },
    givers: new Givers(),
    order: ({ message }: { readonly message: { readonly type: string } }) =>
      void said.push(message.type),
    tell: (event: PeerEvent) => void events.push(event),
    known: () => undefined,
    isBlocked: () => false,
    linkedHosts: () => [],
  };
  const receiving = new Receiving(receivingParts as unknown as ReceivingParts);
  const inboxParts = { ...receivingParts, receiving, trustOf: () => 'known' };
  const inbox = new Inbox(inboxParts as unknown as InboxParts);
  onTestFinished(async () => {
    await receiving.close();
    await database.close();
  });
  await receiving.read();
  const stop = (code: ErrorCode) => refuse(new P2pError(code, 'it ends'));
  return { inbox, receiving, events, said, fetches: () => fetched, stop };
}

describe('an offer that was accepted in an earlier run', () => {
  it('is not new where its sender links before it goes on here, and is fetched once', async () => {
    const { inbox, receiving, events, said, fetches } = await restarted();
    inbox.hear(OFFER);
    receiving.begin();
    inbox.hear(OFFER);
    expect([inbox.rows, events, fetches()]).toEqual([[], [], 1]);
    expect(said).toEqual(['send-answer', 'send-answer']);
  });

  it('and taken back since is not asked for until it is offered again', async () => {
    const { inbox, receiving, fetches } = await restarted({ ...ACCEPTED, withdrawn: 'cancelled' });
    receiving.begin();
    receiving.linked(OTHER_ID);
    expect(fetches()).toBe(0);
    expect(receiving.control.rowsWith([])).toMatchObject([
      { state: 'failed', why: { code: 'withdrawn' } },
    ]);
    inbox.hear(OFFER);
    expect(fetches()).toBe(1);
  });
});

describe('what was accepted', () => {
  it('is fetched once, though its sender says it again while that is written down', async () => {
    const { inbox, receiving, fetches } = await restarted();
    const offerId = 'b'.repeat(32) as OfferId;
    const accepting = receiving.accept({ ...ACCEPTED, offerId });
    inbox.hear({ ...OFFER, offerId });
    await accepting;
    expect(fetches()).toBe(1);
  });

  it('and given up while what it came to be is written down is not fetched again', async () => {
    const { receiving, fetches, stop, said } = await restarted();
    receiving.begin();
    const id = 'e'.repeat(64) as ContentId;
    receiving.hearSealed(OTHER_ID, { offerId: OFFER.offerId, id, bytes: 1 });
    stop('cancelled');
    await vi.waitFor(() => expect(said).toContain('send-answer'));
    await receiving.close();
    expect(fetches()).toBe(1);
    expect(receiving.control.rowsWith([])).toEqual([]);
  });

  it('and given up is not taken anew where its sender, who was away, offers it again', async () => {
    const { inbox, receiving, stop, said, events, fetches } = await restarted();
    receiving.begin();
    stop('cancelled');
    await vi.waitFor(() => expect(said).toHaveLength(2));
    inbox.hear(OFFER);
    expect([inbox.rows, events, fetches(), said.length]).toEqual([[], [], 1, 3]);
  });

  it('and refused as more than was offered stays that, whatever its sender says to it', async () => {
    const { receiving, stop, events } = await restarted();
    receiving.begin();
    stop('too-large');
    const rows = () => receiving.control.rowsWith([]);
    const refused = [{ state: 'failed', why: { code: 'too-large' } }];
    await vi.waitFor(() => expect(rows()).toMatchObject(refused));
    receiving.hearEnd(OTHER_ID, OFFER.offerId, 'cancelled');
    expect(rows()).toMatchObject(refused);
    expect(events).toEqual([]);
  });
});
