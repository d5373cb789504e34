import { describe, expect, it } from 'vitest';
import type { ContentId } from '#src/domain/ids.js';
import { unfinishedRow } from '#src/peer/downloads/download-entry.js';
import { TransferBook } from '#src/peer/downloads/transfer-book.js';
import type { TransferEvent, TransferRow } from '#src/peer/transfer-rows.js';

function rowOf(number: number, state: TransferRow['state'] = 'running'): TransferRow {
  const id = number.toString(16).padStart(8, '0').padEnd(64, 'a') as ContentId;
  const record = { id, name: 'film', target: '/d/film', mayRename: true, staging: '/d/s' };
  return { ...unfinishedRow(record), state };
}

function bookAt() {
  const told: TransferEvent[] = [];
  const clock = { now: 0 };
  const book = new TransferBook(
    (event) => told.push(event),
    () => clock.now,
  );
  return { book, told, clock };
}

const failure = (row: TransferRow): TransferEvent => ({
  type: 'transfer-failed',
  transferId: row.transferId,
  code: 'io',
  message: 'broken',
  failed: [],
});

describe('what is told of a transfer', () => {
  it('comes at every change of state, and once a second between', () => {
    const { book, told, clock } = bookAt();
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

  it('comes at once where it is another content by now, as at first only its draft was known', () => {
    const { book, told } = bookAt();
    const draft = rowOf(1);
    const content = { ...draft, id: rowOf(2).id };
    for (const row of [draft, draft, content, content]) book.note(row);
    expect(told.map((event) => event.type === 'transfer' && event.id)).toEqual([
      draft.id,
      content.id,
    ]);
  });

  it('ends with its last row and why, and begins anew with another run', () => {
    const { book, told } = bookAt();
    book.note(rowOf(1));
    book.end(rowOf(1, 'failed'), failure(rowOf(1)));
    expect(told.map(({ type }) => type)).toEqual(['transfer', 'transfer', 'transfer-failed']);
    expect(book.ended).toEqual([rowOf(1, 'failed')]);
    book.note(rowOf(1));
    expect([told.length, book.ended]).toEqual([4, []]);
  });

  it('keeps the newest hundred that ended', () => {
    const { book } = bookAt();
    for (let number = 1; number <= 150; number += 1) {
      book.end(rowOf(number, 'failed'), failure(rowOf(number)));
    }
    expect(book.ended).toHaveLength(100);
    expect(book.ended.at(-1)).toEqual(rowOf(150, 'failed'));
    expect(book.ended[0]).toEqual(rowOf(51, 'failed'));
  });
});
