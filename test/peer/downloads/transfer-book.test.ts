import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { openDatabase } from '#src/io/disk/database.js';
import { unfinishedRow } from '#src/peer/downloads/download-entry.js';
import type { EndedRow } from '#src/peer/downloads/ended-transfers.js';
import { TransferBook } from '#src/peer/downloads/transfer-book.js';
import type { PeerEvent } from '#src/peer/events.js';
import type { TransferEvent, TransferRow } from '#src/peer/transfer-rows.js';
import { newFolder } from '#test/support/folders.js';

function rowOf(number: number, state: TransferRow['state'] = 'running'): TransferRow {
  const id = number.toString(16).padStart(8, '0').padEnd(64, 'a') as ContentId;
  const record = { id, name: 'film', target: '/d/film', mayRename: true, staging: '/d/s' };
  return { ...unfinishedRow(record), state };
}

function endedRow(number: number): EndedRow {
  return { ...rowOf(number), direction: 'down', state: 'failed' };
}

async function bookAt(folder = newFolder()) {
  const told: PeerEvent[] = [];
  const { database } = await openDatabase(folder);
  let isOver = false;
  const close = async () => {
    if (isOver) return;
    isOver = true;
    await book.written();
    await database.close();
  };
  onTestFinished(close);
  const clock = { now: 0 };
  const book = new TransferBook(
    (event) => told.push(event),
    database,
    () => clock.now,
  );
  await book.begin();
  return { book, told, clock, close };
}

const failure = (row: TransferRow): TransferEvent => ({
  type: 'transfer-failed',
  transferId: row.transferId,
  code: 'io',
  message: 'broken',
  failed: [],
});

describe('what is told of a transfer', () => {
  it('comes at every change of state, and once a second between', async () => {
    const { book, told, clock } = await bookAt();
    for (let at = 0; at < 3000; at += 100) {
      clock.now = at;
      book.note(rowOf(1, at < 1500 ? 'running' : 'paused'));
    }
    expect(told.map((event) => event.type === 'transfer' && event.state)).toEqual([
      'running',
      'running',
      'paused',
      'paused',
    ]);
  });

  it('comes at once where it is another content by now, as at first only its draft was known', async () => {
    const { book, told } = await bookAt();
    const draft = rowOf(1);
    const content = { ...draft, id: rowOf(2).id };
    for (const row of [draft, draft, content, content]) book.note(row);
    expect(told.map((event) => event.type === 'transfer' && event.id)).toEqual([
      draft.id,
      content.id,
    ]);
  });

  it('ends with its last row and why, and begins anew with another run', async () => {
    const { book, told } = await bookAt();
    book.note(rowOf(1));
    book.end(endedRow(1), failure(rowOf(1)));
    expect(told.map(({ type }) => type)).toEqual(['transfer', 'transfer', 'transfer-failed']);
    expect(book.ended).toMatchObject([rowOf(1, 'failed')]);
    book.note(rowOf(1));
    expect([told.length, book.ended]).toEqual([4, []]);
  });

  it('keeps the newest hundred that ended', async () => {
    const { book } = await bookAt();
    for (let number = 1; number <= 150; number += 1) {
      book.end(endedRow(number), failure(rowOf(number)));
    }
    expect(book.ended).toHaveLength(100);
    expect(book.ended.at(-1)).toMatchObject(rowOf(150, 'failed'));
    expect(book.ended[0]).toMatchObject(rowOf(51, 'failed'));
    const times = book.ended.map(({ endedAt = 0 }) => endedAt);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times[0]).toBeGreaterThan(0);
  });

  it('is there after a start as it ended, and not what went on since', async () => {
    const folder = newFolder();
    const before = await bookAt(folder);
    for (let number = 1; number <= 150; number += 1) {
      before.book.end(endedRow(number), failure(rowOf(number)));
    }
    before.book.note(rowOf(150));
    await before.close();
    const { book } = await bookAt(folder);
    expect(book.ended).toEqual(before.book.ended);
    expect(book.ended.at(-1)).toMatchObject(endedRow(149));
    expect(book.ended).toHaveLength(99);
  });
});
