import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { QueryId } from '#src/domain/query/query.js';
import { Answering, type AnsweringOptions } from '#src/peer/network/answering.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A peer that hears questions, and whom it dials to answer them. */
function hearing() {
  const answered: string[] = [];
  const refused = new Set<PeerId>();
  const send = (_: unknown, order: { readonly peerId?: PeerId }) => {
    answered.push(order.peerId ?? '');
  };
  const answering = new Answering({
    home: { self: { peerId: 'self', name: 'self' } },
    crew: { send },
    links: { has: () => false, rows: [], neighbours: 0, told: [] },
    catalogue: () => [],
    addressesOf: (peer: PeerId) => [{ host: `10.0.0.${peer.length}`, port: 27_450 }],
    isRefused: (peer: PeerId) => refused.has(peer),
  } as unknown as AnsweringOptions);
  const ask = (asker: string, withinMs: number) =>
    answering.hear({
      type: 'query-heard',
      asker: asker as PeerId,
      query: {
        id: '' as QueryId,
        asked: { about: 'topology' },
        hops: 16,
        withinMs,
        port: 1,
        hosts: [],
      },
    });
  return { answered, answering, ask, refused };
}

describe('answers that wait', () => {
  it('are not kept from others by many who let theirs wait for a minute', async () => {
    // Everybody waits as long as he lets us.
    vi.spyOn(Math, 'random').mockReturnValue(0.99);
    const { answered, ask } = hearing();
    for (let key = 0; key < 64; key += 1) ask(`key ${key}`, 60_000);
    ask('anna', 200);
    await vi.advanceTimersByTimeAsync(1000);
    expect(answered).toEqual(['anna']);
  });

  it('are four for one asker at most', async () => {
    const { answered, ask } = hearing();
    for (let time = 0; time < 5; time += 1) ask('anna', 5000);
    ask('ben!', 5000);
    await vi.advanceTimersByTimeAsync(5000);
    expect(answered.toSorted()).toEqual(['anna', 'anna', 'anna', 'anna', 'ben!']);
  });

  it('never go to who is refused, also where he was refused while they waited', async () => {
    const { answered, ask, refused } = hearing();
    const [evil, late, anna] = ['evil', 'later', 'anna'] as PeerId[] as [PeerId, PeerId, PeerId];
    refused.add(evil);
    for (const asker of [evil, late, anna]) ask(asker, 5000);
    refused.add(late);
    // However late an answer is, it would have gone.
    await vi.advanceTimersByTimeAsync(60_000);
    expect(answered).toEqual([anna]);
  });

  it('wait no more once the peer ends', async () => {
    const { answered, answering, ask } = hearing();
    ask('anna', 5000);
    answering.close();
    await vi.advanceTimersByTimeAsync(5000);
    expect(answered).toEqual([]);
  });
});
