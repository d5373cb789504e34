import { Subject } from 'rxjs';
import { expect, it } from 'vitest';
import type { DownloadEvent } from '#src/peer/api.js';
import type { Receive } from '#src/peer/sends/receive-book.js';
import { ReceiveProgress } from '#src/peer/sends/receive-progress.js';
import { OTHER_ID } from '#test/support/fake-peer.js';

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
