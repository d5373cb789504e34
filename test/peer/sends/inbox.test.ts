/** What is heard of offers that were accepted in an earlier run, or wait. */
import { describe, expect, it } from 'vitest';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { TrustState } from '#src/domain/peers/trust.js';
import { type OfferId, offerKey } from '#src/domain/send/send-offer.js';
import { openDatabase } from '#src/io/disk/database.js';
import { firstTurns } from '#src/peer/sends/receive-words.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { newFolder } from '#test/support/folders.js';
import { ACCEPTED, OFFER, restarted } from '#test/support/restarted-inbox.js';

const PEER_OF_NONE = 'f'.repeat(64) as PeerId;

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

describe('a peer that is to take one offer and no more', () => {
  const start = { inbox: { accept: 'all', once: true } } as const;
  const draft = (digit: string) => ({ draft: digit.repeat(64) as ContentId });

  it('takes the first that comes and leaves the others alone, until that is taken back', async () => {
    const { inbox, events, heard, fetches, end } = await restarted(null, start);
    for (const digit of ['1', '2', '3']) inbox.hear(nth(digit, draft(digit)));
    await heard(2);
    inbox.hearEnd(OTHER_ID, nth('1').offerId, 'cancelled');
    await heard(4);
    await end();
    expect(events).toMatchObject([
      { type: 'offer-received', number: 1, isTaken: true },
      { type: 'offer-accepted', number: 1 },
      { type: 'offer-received', isTaken: true },
      { type: 'offer-accepted' },
    ]);
    expect([inbox.rows.length, fetches()]).toEqual([1, 2]);
  });

  it('takes the next where the sender of the first has gone, and not what is there', async () => {
    const { inbox, heard, fetches, end } = await restarted(null, start);
    inbox.hear(nth('1', draft('1')));
    inbox.hear(nth('2', { ...draft('2'), from: PEER_OF_NONE }));
    await heard(2);
    inbox.left(PEER_OF_NONE);
    inbox.left(OTHER_ID);
    await heard(4);
    await end();
    expect([inbox.rows, fetches()]).toEqual([[], 2]);
  });

  it('takes none where one of an earlier run goes on', async () => {
    const { inbox, events, fetches, end } = await restarted(ACCEPTED, start);
    inbox.hear(OFFER);
    inbox.hear(nth('2', draft('2')));
    await end();
    expect([events, fetches(), inbox.rows.length]).toEqual([[], 1, 1]);
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
