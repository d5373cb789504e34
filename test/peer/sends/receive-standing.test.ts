import { expect, it } from 'vitest';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { Receive } from '#src/peer/sends/receive-book.js';
import { ReceiveStanding } from '#src/peer/sends/receive-standing.js';
import { ReceiveWords } from '#src/peer/sends/receive-words.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

it('a sender hears of a pause once, with how far it came, and again whenever he links, until it goes on', () => {
  const said: string[] = [];
  const words = new ReceiveWords((order) => {
    if (order.type !== 'tell' || order.message.type !== 'send-answer') return;
    const { answer, obstacle = 'none' } = order.message;
    said.push(`${answer} ${obstacle}`);
  });
  const record = { from: OTHER_ID, offerId: 'a'.repeat(32) } as unknown as ReceiveRecord;
  const receive: Receive = { record, isRunning: true, isHeldBack: false };
  const standing = new ReceiveStanding({
    book: {
      change: (one, change) => void Object.assign(one, { record: { ...record, ...change } }),
    },
    words,
    progress: { now: () => void said.push('progress') },
  });
  standing.paused(receive, false);
  expect(said).toEqual([]);
  for (let times = 0; times < 3; times += 1) standing.paused(receive, true);
  expect(said).toEqual(['progress', 'accepted paused']);
  expect(receive.record.isPaused).toBe(true);
  standing.all(receive);
  expect(said.splice(0).slice(2)).toEqual(['accepted paused', 'progress']);
  standing.paused(receive, false);
  expect(said).toEqual(['accepted none']);
});
