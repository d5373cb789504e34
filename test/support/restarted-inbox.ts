/** An inbox, and what was accepted in it, over a restart: its database is real, downloads are not. */
import { EMPTY } from 'rxjs';
import { expect, onTestFinished, vi } from 'vitest';
import type { Settings } from '#config/load.js';
import { type ErrorCode, P2pError } from '#src/domain/errors.js';
import type { ContentId } from '#src/domain/ids.js';
import type { TrustState } from '#src/domain/peers/trust.js';
import { offerKey } from '#src/domain/send/send-offer.js';
import { openDatabase } from '#src/io/disk/database.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { PeerEvent } from '#src/peer/events.js';
import { Givers } from '#src/peer/sends/givers.js';
import { Inbox, type InboxParts } from '#src/peer/sends/inbox.js';
import { Receiving, type ReceivingParts } from '#src/peer/sends/receiving.js';
import { OTHER_ID, PEER_ID } from './fake-peer.js';
import { newFolder } from './folders.js';
import { offerWith } from './hostile-sender.js';

export const OFFER = { ...offerWith({ to: PEER_ID }), from: OTHER_ID, fromName: 'anna', sentAt: 1 };

const INBOX = { accept: 'ask', from: null, mostBytes: null, types: [], quotaBytes: 1e9 } as const;

export const ACCEPTED: ReceiveRecord = {
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
export async function restarted(record: ReceiveRecord | null = ACCEPTED, start: Start = {}) {
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
