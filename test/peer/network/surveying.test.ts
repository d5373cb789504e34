import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { AnsweredLink, QueryId } from '#src/domain/query/query.js';
import { Queries } from '#src/peer/network/queries.js';
import { survey } from '#src/peer/network/surveying.js';

const [ANNA, BEN, CARL, EVIL] = ['anna', 'ben', 'carl', 'evil'] as PeerId[] as [
  PeerId,
  PeerId,
  PeerId,
  PeerId,
];

/** Counts how often anybody looks whom it is with. */
function counted(one: AnsweredLink, look: () => void): AnsweredLink {
  return Object.defineProperty({ ...one }, 'peerId', {
    get() {
      look();
      return one.peerId;
    },
  });
}

const link = (peerId: PeerId): AnsweredLink => {
  return { peerId, rttMs: 1, dialled: true, neighbour: true };
};

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Anna, linked with these, who asks. */
function asking(links: readonly PeerId[], refused = new Set<PeerId>()) {
  let query = '' as QueryId;
  let looked = 0;
  const look = () => {
    looked += 1;
  };
  const send = (_: string, order: { readonly id?: QueryId }) => {
    query = order.id ?? query;
  };
  const queries = new Queries({ send } as ConstructorParameters<typeof Queries>[0]);
  const surveyor = {
    home: { self: { peerId: ANNA, name: 'anna' } },
    links: { neighbours: links.length, told: links.map(link) },
    neighbours: { lines: () => [], strangers: 0, isRefused: (peer: PeerId) => refused.has(peer) },
    queries,
  } as unknown as Parameters<typeof survey>[0];
  const found = survey(surveyor, undefined);
  const answer = (peerId: PeerId, ...linked: readonly PeerId[]) =>
    queries.hear({
      type: 'answer-heard',
      from: { peerId, name: peerId, host: '10.0.0.1', port: 1 },
      answer: {
        query,
        about: 'topology',
        name: peerId,
        load: 1,
        links: linked.map((one) => counted(link(one), look)),
      },
    });
  return { found, answer, looks: () => looked };
}

describe('a survey', () => {
  it('leaves out who is refused, whoever names him, and does not wait for him', async () => {
    const { found, answer } = asking([BEN, CARL], new Set([EVIL]));
    answer(BEN, ANNA, EVIL);
    answer(CARL, EVIL, ANNA);
    // No time passes: all have answered who are waited for.
    const { nodes, links } = await found;
    expect(nodes.map(({ peerId }) => peerId)).toEqual([ANNA, BEN, CARL]);
    expect(links.map(({ a, b }) => a + b)).toEqual([ANNA + BEN, ANNA + CARL]);
  });

  it('leaves out who was refused after he answered, and his links', async () => {
    const refused = new Set<PeerId>();
    const { found, answer } = asking([BEN], refused);
    answer(EVIL, BEN);
    refused.add(EVIL);
    answer(BEN, ANNA, EVIL);
    const { nodes, links } = await found;
    expect(nodes.map(({ peerId }) => peerId)).toEqual([ANNA, BEN]);
    expect(links).toHaveLength(1);
  });

  it('looks at each link of an answer once, however many have answered', async () => {
    const { found, answer, looks } = asking([BEN]);
    const [liars, each] = [200, 128];
    for (let at = 0; at < liars; at += 1) {
      const linked = Array.from({ length: each }, (_, one) => `${at}-${one}` as PeerId);
      answer(`liar${at}` as PeerId, ...linked);
    }
    // Some times for each: to leave out, to count, to wait for.
    expect(looks()).toBeLessThan(5 * liars * each);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await found).nodes.length).toBeLessThan(2000);
  });
});
