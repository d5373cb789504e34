import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCounters, createMeter } from '#src/actor/flow.js';
import { Directory } from '#src/domain/catalogue/directory.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { LIMITS } from '#src/domain/limits.js';
import { HolderNews } from '#src/peer/shares/holder-news.js';
import type * as Distributor from '#workers/distributor.js';
import type * as Receiver from '#workers/receiver.js';

const EVIL = 'evil' as PeerId;
const BOB = 'bob' as PeerId;

function idOf(at: number): ContentId {
  return at.toString(16).padStart(64, '0') as ContentId;
}

function setup(rowsAtOnce?: number) {
  const directory = new Directory();
  const distributor: Distributor.In[] = [];
  const receiver: Receiver.In[] = [];
  const news = new HolderNews(
    directory,
    { distributor: (order) => distributor.push(order), receiver: (order) => receiver.push(order) },
    rowsAtOnce,
  );
  const offer = (peer: PeerId, ...ids: readonly number[]) => {
    const changed = ids.map((at) => ({
      name: `${at}`,
      id: idOf(at),
      bytes: 1,
      chunks: 1,
      have: 1,
    }));
    news.changed(peer, directory.take(peer, { fresh: true, complete: true, changed, removed: [] }));
  };
  const down = (peer: PeerId) => news.peerDown(peer, directory.peerDown(peer));
  return { directory, distributor, receiver, news, offer, down };
}

describe('the news of who holds what', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('fits into mailboxes that nobody empties, however many contents come and go at once', () => {
    const { directory, distributor, receiver, offer, down } = setup();
    const all = Array.from({ length: LIMITS.catalogueRows }, (_, at) => at);
    for (let round = 0; round < 3; round += 1) {
      directory.peerUp(EVIL);
      offer(EVIL, ...all);
      vi.advanceTimersByTime(200);
      down(EVIL);
      vi.advanceTimersByTime(200);
    }
    for (const told of [distributor, receiver]) {
      const meter = createMeter(createCounters(), 'in');
      expect(told.length).toBeGreaterThan(0);
      for (const order of told) meter(order);
    }
  });

  it('is told a bounded piece at a time, each peer in its turn, until all is told', () => {
    const { directory, distributor, receiver, offer } = setup(2);
    directory.peerUp(EVIL);
    directory.peerUp(BOB);
    offer(EVIL, 1, 2, 3);
    offer(BOB, 3);
    vi.advanceTimersByTime(1000);
    const row = (at: number) => ({ id: idOf(at), have: 1 });
    expect(distributor).toEqual([
      { type: 'peer-holds', peerId: EVIL, rows: [row(1), row(2)] },
      { type: 'peer-holds', peerId: BOB, rows: [row(3)] },
      { type: 'peer-holds', peerId: EVIL, rows: [row(3)] },
    ]);
    const count = (at: number, holders: number) => ({ id: idOf(at), count: holders });
    expect(receiver).toEqual([
      { type: 'holders', rows: [count(1, 1), count(2, 1)] },
      { type: 'holders', rows: [count(3, 2)] },
    ]);
  });

  it('keeps silent of what came and went in between, and takes back what it told', () => {
    const { directory, distributor, receiver, offer, down } = setup();
    directory.peerUp(BOB);
    offer(BOB, 1);
    vi.advanceTimersByTime(100);
    offer(BOB, 2);
    offer(BOB);
    vi.advanceTimersByTime(100);
    expect(distributor.at(-1)).toEqual({
      type: 'peer-holds',
      peerId: BOB,
      rows: [{ id: idOf(1), have: 0 }],
    });
    expect(receiver.at(-1)).toEqual({ type: 'holders', rows: [{ id: idOf(1), count: 0 }] });
    offer(BOB, 3);
    down(BOB);
    vi.advanceTimersByTime(1000);
    expect(distributor).toHaveLength(2);
    expect(receiver).toHaveLength(2);
  });

  it('tells actors that start anew everything, and then only what changes', () => {
    const { directory, distributor, receiver, news, offer } = setup();
    directory.peerUp(BOB);
    offer(BOB, 1, 2);
    const held = [1, 2].map((at) => ({ id: idOf(at), have: 1 }));
    expect(news.distributorOrders()).toEqual([{ type: 'peer-holds', peerId: BOB, rows: held }]);
    const counts = [1, 2].map((at) => ({ id: idOf(at), count: 1 }));
    expect(news.receiverOrders()).toEqual([{ type: 'holders', rows: counts }]);
    vi.advanceTimersByTime(1000);
    expect([...distributor, ...receiver]).toEqual([]);
  });
});
