import { expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import { ReceiveBook } from '#src/peer/sends/receive-book.js';
import { ReceiveControl } from '#src/peer/sends/receive-control.js';
import { ReceiveRest } from '#src/peer/sends/receive-rest.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

const [ID, DRAFT] = ['c'.repeat(64), 'd'.repeat(64)] as [ContentId, ContentId];

/** A film that was accepted, and failed as the disk was full. */
async function scene() {
  const database = {
    all: async () => [],
    put: async () => undefined,
    remove: async () => undefined,
  };
  const book = new ReceiveBook(database as never, () => undefined);
  const record = { offerId: 'a'.repeat(32), from: OTHER_ID, fromName: 'ben', name: 'film' };
  const about = { id: ID, draft: DRAFT, bytes: 10, files: 1, state: 'accepted', isPrivate: true };
  const receive = await book.add({ ...record, ...about } as unknown as ReceiveRecord);
  receive.failure = { code: 'disk-full', message: 'the disk is full' };
  const ran: unknown[] = [];
  const run = (one: unknown) => void ran.push(one);
  const around = { book, run, rest: new ReceiveRest(book), isHere: () => true };
  const control = new ReceiveControl(around as never);
  const why = () => control.rowsWith([])[0]?.why;
  return { control, receive, ran, why };
}

it.each([ID, DRAFT])('what was accepted and is asked for by %s is received, too', async (id) => {
  const { control, receive, ran } = await scene();
  control.followContent('e'.repeat(64) as ContentId);
  expect(ran).toEqual([]);
  control.followContent(id);
  expect(ran).toEqual([receive]);
});

it('what was accepted shows why it failed last, whoever tried it', async () => {
  const { control, why } = await scene();
  expect(why()).toMatchObject({ code: 'disk-full' });
  const denied = { code: 'denied', message: '/d may not be written to' } as const;
  for (const other of [{}, { id: 'e'.repeat(64) as ContentId }]) {
    control.failedAgain({ ...denied, ...other });
    expect(why()).toMatchObject({ code: 'disk-full' });
  }
  control.failedAgain({ id: ID, code: 'cancelled', message: 'given up' });
  expect(why()).toMatchObject({ code: 'disk-full' });
  control.failedAgain({ id: ID, ...denied });
  expect(why()).toEqual(denied);
});
