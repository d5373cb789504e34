import { expect, it } from 'vitest';
import type { ReceiveRecord } from '#src/io/disk/database-rows.js';
import type { Receive } from '#src/peer/sends/receive-book.js';
import { ReceiveStanding } from '#src/peer/sends/receive-standing.js';
import { firstTurns, isPausedHere, ReceiveWords } from '#src/peer/sends/receive-words.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

it('a sender hears of a pause once, with how far it came, and again whenever he links, until it goes on', () => {
  const said: string[] = [];
  const words = new ReceiveWords((order) => {
    if (order.type !== 'tell' || order.message.type !== 'send-answer') return;
    const { answer, obstacle = 'none', turns } = order.message;
    said.push(`${answer} ${obstacle} ${turns}`);
  });
  const record = {
    from: OTHER_ID,
    offerId: 'a'.repeat(32),
    receipt: '',
  } as unknown as ReceiveRecord;
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
  expect(said).toEqual(['progress', 'accepted paused 1']);
  expect(receive.record.turns).toBe(1);
  standing.all(receive);
  expect(said.splice(0).slice(2)).toEqual(['accepted paused 1', 'progress']);
  standing.paused(receive, false);
  expect(said).toEqual(['accepted none 2']);
  words.obstacle(receive.record, { code: 'disk-full', message: '' });
  words.receipt(receive.record);
  expect(said.slice(1)).toEqual(['accepted disk-full 2', 'accepted none 2']);
});

it('whoever has lost what he accepted and accepts it once more says more than before, and no pause', () => {
  const at = Date.UTC(2026, 0, 1, 0, 0, 0, 999);
  const [before, lostAt] = [{ turns: firstTurns(at) }, at + 10_000];
  const paused = { turns: before.turns + 3 };
  expect([isPausedHere(before), isPausedHere(paused)]).toEqual([false, true]);
  const again = { turns: firstTurns(lostAt) };
  expect(isPausedHere(again)).toBe(false);
  expect(again.turns).toBeGreaterThan(paused.turns);
});
