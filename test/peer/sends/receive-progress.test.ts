import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { DownloadEvent } from '#src/peer/api.js';
import type { Receive } from '#src/peer/sends/receive-book.js';
import { ReceiveProgress } from '#src/peer/sends/receive-progress.js';
import { OTHER_ID } from '#test/support/fake-peer.js';
import { manualClock } from '#test/support/manual-clock.js';

/** Of one sender: as much of each is here as the test says. */
function scene(count = 1) {
  const said: [string, number][] = [];
  const clock = manualClock();
  const here = new Map<Receive, number>();
  const told = new ReceiveProgress(
    (_, offerId, bytes) => void said.push([offerId, bytes]),
    (receive) => here.get(receive),
    clock,
  );
  const receives = Array.from({ length: count }, (_, at) => {
    const record = { from: OTHER_ID, offerId: String(at) };
    const receive = { record, isRunning: true, isHeldBack: false } as unknown as Receive;
    const progress = new Subject<DownloadEvent>();
    told.follow(receive, { progress });
    const reach = (doneBytes: number) => {
      here.set(receive, doneBytes);
      progress.next({ type: 'download-progress', doneBytes } as DownloadEvent);
    };
    return { receive, progress, reach };
  });
  const [first] = receives;
  if (first === undefined) throw new Error('at least one is received');
  return { told, said, clock, here, receives, first };
}

describe('how far it came, as a sender is told', () => {
  it('is told every second, and once more where it stops, or is given up', () => {
    const { told, said, clock, first } = scene();
    for (let bytes = 0; bytes < 45; bytes += 1) {
      first.reach(bytes);
      clock.pass(100);
    }
    expect(said.map(([, bytes]) => bytes)).toEqual([0, 9, 19, 29, 39]);
    clock.pass(10_000);
    expect(said.at(-1)).toEqual(['0', 44]);
    first.reach(50);
    first.reach(51);
    told.ended(first.receive);
    expect(said.map(([, bytes]) => bytes)).toEqual([0, 9, 19, 29, 39, 44, 50, 51]);
    clock.pass(10_000);
    expect(said).toHaveLength(8);
  });

  it('is what is here by then where it is paused, with what was on its way', () => {
    const { told, said, clock, here, first } = scene();
    first.reach(10);
    here.set(first.receive, 15);
    told.now(first.receive);
    here.set(first.receive, 20);
    clock.pass(10_000);
    expect(said.map(([, bytes]) => bytes)).toEqual([10, 15, 20]);
  });

  it('is told of each of many in turn, within what one sender takes of words', () => {
    const { said, clock, receives } = scene(50);
    for (let times = 0; times < 150; times += 1) {
      for (const { reach } of receives) reach(times);
      clock.pass(100);
    }
    expect(said.length).toBeLessThanOrEqual(1 + 4 * 15);
    expect(new Set(said.map(([offerId]) => offerId)).size).toBe(50);
  });

  it('ends with what is fetched, and with the peer', () => {
    const { told, said, clock, first } = scene();
    first.reach(1);
    first.reach(2);
    first.progress.complete();
    clock.pass(10_000);
    expect(said).toEqual([['0', 1]]);
    told.now(first.receive);
    told.close();
    clock.pass(10_000);
    expect(said).toEqual([
      ['0', 1],
      ['0', 2],
    ]);
  });

  it('is told no more where it moves after the peer ended, but for how far it was as it ended', () => {
    const { told, said, clock, first } = scene();
    told.close();
    first.reach(1);
    told.now(first.receive);
    clock.pass(10_000);
    expect(said).toEqual([]);
    told.ended(first.receive);
    expect(said).toEqual([['0', 1]]);
  });
});
