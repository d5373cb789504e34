/** What is heard of offers that were accepted in an earlier run. */
import { EMPTY } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Settings } from '#config/load.js';
import { type ErrorCode, P2pError } from '#src/domain/errors.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { TrustState } from '#src/domain/peers/trust.js';
import { type OfferId, offerKey } from '#src/domain/send/send-offer.js';
import { openDatabase } from '#src/io/disk/database.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import { Givers } from '#src/peer/sends/givers.js';
import { Inbox, type InboxParts } from '#src/peer/sends/inbox.js';
import { firstTurns } from '#src/peer/sends/receive-words.js';
import { Receiving, type ReceivingParts } from '#src/peer/sends/receiving.js';
import { OTHER_ID, PEER_ID } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';
import { offerWith } from '#test/support/hostile-sender.js';

const OFFER = { ...offerWith({ to: PEER_ID }), from: OTHER_ID, fromName: 'anna', sentAt: 1 };

const PEER_OF_NONE = 'f'.repeat(64) as PeerId;

const INBOX = { accept: 'ask', from: null, mostBytes: null, types: [], quotaBytes: 1e9 } as const;

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

type Start = {
  readonly folder?: string;
  readonly inbox?: Partial<Settings['inbox']>;
  readonly trustOf?: () => TrustState;
};

/** With one offer that was accepted before, or none. */
async function restarted(record: ReceiveRecord | null = ACCEPTED, start: Start = {}) {
  const { database } = await openDatabase(start.folder ?? newFolder());
  if (record !== null) {
    await database.put('receives', offerKey(OTHER_ID, OFFER.offerId), record);
  }
  const inboxRoot = newFolder();
  const events: PeerEvent[] = [];
  const said: string[] = [];
  let fetched = 0;
  let refuse: (error: Error) => void = () => undefined;
  const receivingParts = {
    home: {
      database,
      self: { peerId: PEER_ID },
      folders: { downloads: inboxRoot },
      settings: { inbox: { ...INBOX, folder: inboxRoot, ...start.inbox } },
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
  const inboxParts = { ...receivingParts, receiving, trustOf: start.trustOf ?? (() => 'known') };
  const inbox = new Inbox(inboxParts as unknown as InboxParts);
  let isOver = false;
  const end = async () => {
    if (isOver) return;
    isOver = true;
    await inbox.close();
    await receiving.close();
    await database.close();
  };
  onTestFinished(end);
  await receiving.read();
  await inbox.read();
  const stop = (code: ErrorCode) => refuse(new P2pError(code, 'it ends'));
  const heard = (count: number) => vi.waitFor(() => expect(events).toHaveLength(count));
  return { inbox, receiving, events, said, fetches: () => fetched, stop, end, heard };
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

/** Another offer of the same sender. */
const nth = (digit: string, change: Partial<typeof OFFER> = {}) => ({
  ...OFFER,
  offerId: digit.repeat(32) as OfferId,
  ...change,
});

describe('an offer that waits', () => {
  it('keeps its number over a restart, and no other ever has it', async () => {
    const folder = newFolder();
    const first = await restarted(null, { folder });
    for (const digit of ['1', '2', '3']) first.inbox.hear(nth(digit));
    await first.heard(3);
    first.inbox.reject('3');
    await first.end();
    const { inbox, heard } = await restarted(null, { folder });
    for (const digit of ['4', '2', '1']) inbox.hear(nth(digit));
    await heard(3);
    const numbers = inbox.rows.map(({ number, offerId }) => [number, offerId[0]]);
    expect(numbers).toEqual([
      [1, '1'],
      [2, '2'],
      [4, '4'],
    ]);
  });

  it('has another number where it is stated otherwise after a restart', async () => {
    const folder = newFolder();
    const first = await restarted(null, { folder });
    first.inbox.hear(nth('1'));
    await first.heard(1);
    await first.end();
    const { inbox, heard } = await restarted(null, { folder });
    inbox.hear(nth('1', { bytes: OFFER.bytes + 1 }));
    await heard(1);
    expect(inbox.rows).toMatchObject([{ number: 2 }]);
  });

  it('is taken where its sender is trusted from now on, within the limits, and said to be', async () => {
    let trust: TrustState = 'known';
    const limits = { accept: 'trusted', mostBytes: OFFER.bytes } as const;
    const start = { inbox: limits, trustOf: () => trust };
    const { inbox, events, heard, fetches } = await restarted(null, start);
    inbox.hear(nth('1'));
    inbox.hear(nth('2', { bytes: OFFER.bytes + 1 }));
    inbox.hear(nth('3', { from: PEER_OF_NONE }));
    await heard(3);
    trust = 'trusted';
    inbox.trusted(OTHER_ID);
    await heard(5);
    expect(events.slice(3)).toMatchObject([
      { type: 'offer-received', number: 1, isTaken: true },
      { type: 'offer-accepted', number: 1 },
    ]);
    expect([inbox.rows.map(({ number }) => number), fetches()]).toEqual([[2, 3], 1]);
  });
});

it('what is accepted begins with more than was ever said of it, were all that forgotten', async () => {
  const folder = newFolder();
  const { inbox, heard, end } = await restarted(null, { folder });
  inbox.hear(OFFER);
  await heard(1);
  await inbox.accept('1');
  await end();
  const { database } = await openDatabase(folder);
  const record = await database.get('receives', offerKey(OTHER_ID, OFFER.offerId));
  await database.close();
  expect(record?.turns).toBe(firstTurns(record?.at ?? 0));
});

describe('what the user does not want', () => {
  it('is not offered to him again after a restart, be it turned down or given up', async () => {
    const folder = newFolder();
    const first = await restarted(ACCEPTED, { folder });
    first.receiving.begin();
    first.stop('cancelled');
    first.inbox.hear(nth('1'));
    await first.heard(1);
    first.inbox.reject('1');
    await first.end();
    const { inbox, events, said, fetches } = await restarted(null, { folder });
    inbox.hear(OFFER);
    inbox.hear(nth('1'));
    expect([inbox.rows, events, fetches()]).toEqual([[], [], 0]);
    expect(said).toEqual(['send-answer', 'send-answer']);
  });

  it('is offered again after a restart where nobody could be asked', async () => {
    const folder = newFolder();
    const first = await restarted(null, { folder });
    first.inbox.hear(nth('1'));
    await first.heard(1);
    first.inbox.reject('1', 'settings');
    await first.end();
    const { inbox, heard } = await restarted(null, { folder });
    inbox.hear(nth('1'));
    await heard(1);
    expect(inbox.rows).toHaveLength(1);
  });
});
