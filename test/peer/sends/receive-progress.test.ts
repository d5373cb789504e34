import { Subject } from 'rxjs';
import { expect, it } from 'vitest';
import type { DownloadEvent } from '#src/peer/api.js';
import type { Receive } from '#src/peer/sends/receive-book.js';
import { ReceiveProgress } from '#src/peer/sends/receive-progress.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

it('a sender of several is told of each in its turn, no more often in all', () => {
  const said: [offer: string, at: number][] = [];
  let now = 0;
  const told = new ReceiveProgress(
    (_, offerId) => void said.push([offerId, now]),
    () => now,
  );
  const all = ['a', 'b', 'c'].map((offerId) => {
    const progress = new Subject<DownloadEvent>();
    const record = { from: OTHER_ID, offerId };
    told.follow({ record, isRunning: true, isHeldBack: false } as unknown as Receive, { progress });
    return progress;
  });
  for (; now < 18_000; now += 100) {
    // One of them has ended by then.
    if (now === 12_000) all.pop()?.complete();
    for (const progress of all)
      progress.next({ type: 'download-progress', doneBytes: now } as DownloadEvent);
  }
  const at = (offer: string) => said.filter(([one]) => one === offer).map(([, when]) => when);
  expect(['a', 'b', 'c'].map(at)).toEqual([
    [0, 6000, 12_000, 16_000],
    [0, 6000, 12_000, 16_000],
    [0, 6000],
  ]);
});

it('a sender is told how far it came every two seconds, and once more where it is given up', () => {
  const said: number[] = [];
  let now = 0;
  const told = new ReceiveProgress(
    (_, __, bytes) => void said.push(bytes),
    () => now,
  );
  const record = { from: OTHER_ID, offerId: 'a'.repeat(32) };
  const receive = { record, isRunning: true, isHeldBack: false } as unknown as Receive;
  const progress = new Subject<DownloadEvent>();
  told.follow(receive, { progress });
  for (let doneBytes = 0; doneBytes < 45; doneBytes += 1) {
    progress.next({ type: 'download-progress', doneBytes } as DownloadEvent);
    now += 100;
  }
  expect(said).toEqual([0, 20, 40]);
  told.ended(receive);
  expect(said).toEqual([0, 20, 40, 44]);
  told.now(receive, undefined);
  expect(said).toHaveLength(4);
});
