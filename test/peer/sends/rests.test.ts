/** What is missing of a folder after files of it were sent once more, at either side. */
import { expect, it } from 'vitest';
import type { ReceiveRecord, SendRecord } from '#src/io/disk/database-rows.js';
import { ReceiveBook } from '#src/peer/sends/receive-book.js';
import { ReceiveRest } from '#src/peer/sends/receive-rest.js';
import { SendBook } from '#src/peer/sends/send-book.js';
import { SendRest } from '#src/peer/sends/send-rest.js';
import { missingTo } from '#src/peer/sends/send-rows.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

const FIRST = 'f'.repeat(32);
const RETRIES = ['1', '2', '3'].map((digit) => digit.repeat(32));

/** Files that are missing after the first, and after each of three retries. */
const MISSING = [['a', 'b', 'c', 'd'], ['a', 'b', 'c'], ['c'], []];

const offers = [FIRST, ...RETRIES].map((offerId, at) => ({
  offerId,
  ...(at > 0 && { rest: FIRST }),
  draft: offerId.repeat(2),
  id: '' as const,
  failed: MISSING[at],
  failedCount: MISSING[at]?.length ?? 0,
  only: MISSING[at - 1],
}));

const database = { all: async () => [], put: async () => undefined, remove: async () => undefined };

it('its sender counts less of each of them as missing with each that comes', async () => {
  const nobody = () => undefined;
  const book = new SendBook(database as never, nobody, nobody, nobody);
  const recipient = { peerId: OTHER_ID, name: 'ben', state: 'received', at: 1 };
  const rest = new SendRest({ book, source: {}, offer: () => undefined } as never);
  const missing: (readonly string[])[][] = [];
  for (const offer of offers) {
    const record = { ...offer, to: OTHER_ID, recipients: [recipient] } as unknown as SendRecord;
    await book.add(record);
    rest.received(record, offer as never);
    missing.push(book.all.map((send) => [...missingTo(send.record, OTHER_ID).failed]));
  }
  const [all, some, one, none] = MISSING;
  expect(missing).toEqual([[all], [some, some], [one, one, one], [none, none, none, none]]);
  expect(rest.lacking(book.get(FIRST as never) as never)).toEqual([]);
});

it('its receiver counts the same', async () => {
  const book = new ReceiveBook(database as never, () => undefined);
  const rest = new ReceiveRest(book);
  const missing: (readonly string[] | undefined)[][] = [];
  for (const offer of offers) {
    const record = { ...offer, from: OTHER_ID, state: 'accepted' } as unknown as ReceiveRecord;
    const receive = await book.add({ ...record, failed: [], failedCount: 0 });
    rest.arrived(record);
    const { failed = [], failedCount = 0 } = record;
    book.change(receive, { state: 'received', failed, failedCount });
    missing.push(book.all.map(({ record: now }) => now.failed));
    expect(rest.completes(record)).toBe(offer.offerId === FIRST ? undefined : 'f'.repeat(8));
  }
  const [all, some, one, none] = MISSING;
  expect(missing).toEqual([[all], [some, some], [one, one, one], [none, none, none, none]]);
});
