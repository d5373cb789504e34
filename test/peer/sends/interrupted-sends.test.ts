/** Offers that a one-shot command left behind, and what the next one makes of them. */
import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { OfferId } from '#src/domain/send/send-offer.js';
import type { SendRecord } from '#src/io/disk/database-rows.js';
import { InterruptedSends, interruptedOf } from '#src/peer/sends/interrupted-sends.js';
import type { Send } from '#src/peer/sends/send-book.js';
import type { Begun, Sent } from '#src/peer/sends/send-source.js';
import { OTHER_ID, PEER_ID } from '#test/support/fake-peer.js';

const DRAFT = 'd'.repeat(64) as ContentId;

const LEFT: SendRecord = {
  offerId: 'a'.repeat(32),
  path: '/film.mkv',
  name: 'film.mkv',
  kind: 'file',
  draft: DRAFT,
  id: '',
  bytes: 10,
  chunks: 1,
  files: 1,
  to: OTHER_ID,
  at: 1,
  isOpen: false,
  interrupted: true,
  recipients: [{ peerId: OTHER_ID, name: 'ben', state: 'accepted', at: 2 }],
};

const SAME: Sent = {
  offerId: 'b'.repeat(32) as OfferId,
  path: '/film.mkv',
  name: 'film.mkv',
  to: OTHER_ID,
};

/** @param draft of what lies there now */
function sceneOf(draft = DRAFT) {
  const send: Send = { record: LEFT, stale: new Set() };
  const ended: string[] = [];
  const letGo: ContentId[] = [];
  const sends = new InterruptedSends({
    book: {
      all: [send],
      change: (one, change) => {
        one.record = { ...one.record, ...change };
      },
    },
    source: {
      begin: async () => ({ listed: { draft } }) as Begun,
      letGo: (gone) => void letGo.push(gone.draft),
    },
    ended: ({ offerId }) => void ended.push(offerId),
  });
  return { sends, send, ended, letGo };
}

describe('what an earlier command left', () => {
  it('goes on under its own id where the same is sent again', async () => {
    const { sends, ended } = sceneOf();
    const taken = await sends.takeUp(SAME);
    expect(taken?.sent).toEqual({ ...SAME, offerId: LEFT.offerId });
    expect(ended).toEqual([]);
  });

  it('is over where it is not as it was', async () => {
    const now = 'e'.repeat(64) as ContentId;
    const { sends, send, ended, letGo } = sceneOf(now);
    expect(await sends.takeUp(SAME)).toBeUndefined();
    expect([ended, letGo]).toEqual([[LEFT.offerId], [DRAFT, now]]);
    expect(send.record).toMatchObject({ ended: 'cancelled', interrupted: undefined });
  });

  it.each<[what: string, other: Partial<Sent>]>([
    ['to another peer', { to: PEER_ID }],
    ['of another path', { path: '/elsewhere/film.mkv' }],
    ['of several', { parts: ['/film.mkv', '/b'] }],
    ['without some of it', { exclude: ['*.log'] }],
  ])('is over where a send %s is made', async (_, other) => {
    const { sends, ended } = sceneOf();
    expect(await sends.takeUp({ ...SAME, ...other })).toBeUndefined();
    expect(ended).toEqual([LEFT.offerId]);
  });
});

describe('what is kept for the same command', () => {
  const ofOne = (change: Partial<SendRecord>) => {
    const { interrupted: _, ...killed } = LEFT;
    return interruptedOf([{ ...killed, ...change }]);
  };
  const answered = (state: 'received' | 'rejected') =>
    LEFT.recipients.map((recipient) => ({ ...recipient, state }));

  it('is what was open, or was taken back', () => {
    expect(ofOne({ isOpen: true })).toEqual([LEFT]);
    expect(ofOne({ isOpen: false, ended: 'cancelled' })).toEqual([LEFT]);
  });

  it.each<[what: string, change: Partial<SendRecord>]>([
    ['cannot be sent any more', { ended: 'changed' }],
    ['is all there', { isOpen: true, recipients: answered('received') }],
    ['is not wanted', { isOpen: true, recipients: answered('rejected') }],
  ])('is nothing that %s', (_, change) => {
    expect(ofOne(change)).toEqual([]);
  });

  it('is the last hundred', () => {
    const many = Array.from({ length: 101 }, (_, at) => ({ ...LEFT, offerId: `${at}`, at }));
    const kept = interruptedOf(many.toReversed());
    expect([kept.length, kept[0]?.at, kept.at(-1)?.at]).toEqual([100, 1, 100]);
  });
});
