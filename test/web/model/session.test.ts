import { describe, expect, it, vi } from 'vitest';
import type { OperationId } from '#src/api/operations.js';
import type { PeerId } from '#src/domain/ids.js';
import type { Ask, Overview, Self } from '#web/api/answers.js';
import { AskError } from '#web/api/failure.js';
import { conversationOf, unreadIn } from '#web/model/messages.js';
import { Session } from '#web/model/session.js';

const SELF = 'self' as PeerId;
const ANNA = 'anna' as PeerId;

const NONE = { items: [], total: 0 };
const EMPTY = {
  status: { peerId: SELF, name: 'me', links: [], actors: [] } as unknown as Self,
  peers: NONE,
  blocked: NONE,
  transfers: NONE,
  offers: NONE,
  messages: [],
} satisfies Overview;
const HI = { id: '1', name: 'anna', text: 'hi', sentAt: 1, private: false } as const;

/** A peer with nothing in it, unless told. */
function asked(answers: Partial<Record<OperationId, unknown>> = {}) {
  const calls: OperationId[] = [];
  const inputs: unknown[] = [];
  const ask = async (id: OperationId, input: unknown) => {
    calls.push(id);
    inputs.push(input);
    const answer = answers[id];
    if (answer instanceof Error) throw answer;
    if (answer !== undefined) return answer;
    if (id === 'getStatus') return EMPTY.status;
    return id === 'getOverview' ? EMPTY : NONE;
  };
  return { calls, inputs, session: new Session(ask as Ask, () => 0) };
}

async function live(answers: Partial<Record<OperationId, unknown>> = {}) {
  const { calls, inputs, session } = asked(answers);
  session.opened(EMPTY);
  await vi.waitFor(() => expect(session.isReady.value).toBe(true));
  calls.length = 0;
  return { calls, inputs, session };
}

describe('a session of the page', () => {
  it('reads all anew where events were missed', async () => {
    const { calls, session } = await live();
    session.heard([{ type: 'missed', count: 5 }]);
    await vi.waitFor(() => expect(calls).toEqual(['getOverview', 'listShares']));
  });

  it('shows that it was lost, and that it is connected again, with all read anew', async () => {
    const { calls, session } = await live();
    expect(session.journal.value).toEqual([]);
    session.lost('gone');
    expect(session.connection.value).toBe('lost');
    session.opened(EMPTY);
    expect(session.connection.value).toBe('live');
    expect(session.journal.value).toMatchObject([{ words: ['page', 'connected again'] }]);
    expect(calls).toEqual([]);
  });

  it('has ended once its user ended the peer, and asks it nothing any more, whatever the stream does', async () => {
    const { calls, session } = await live();
    await session.do('stop', {});
    expect(session.connection.value).toBe('ended');
    session.lost('gone');
    session.opened(EMPTY);
    expect([session.connection.value, calls]).toEqual(['ended', ['stop']]);
    const { session: refused } = await live({ stop: new AskError('gone', 'no answer') });
    await refused.do('stop', {});
    expect(refused.connection.value).toBe('live');
  });

  it('has ended once the peer says goodbye, whoever ended it, and asks it nothing any more', async () => {
    const { calls, session } = await live();
    session.heard([{ type: 'bye', exitCode: 0 }]);
    session.lost('gone');
    expect([session.connection.value, calls]).toEqual(['ended', []]);
  });

  it('counts what was said while it was hidden as unread', async () => {
    const { session } = await live();
    session.lost('hidden');
    expect(session.connection.value).toBe('hidden');
    session.opened({ ...EMPTY, messages: [{ ...HI, from: ANNA }] });
    await vi.waitFor(() => expect(unreadIn(session.messages.value)).toBe(1));
  });

  it('asks nothing where it is opened, and reads the rest of lists that come in parts', async () => {
    const { calls, session } = asked();
    session.lookAt('chat');
    session.opened(EMPTY);
    await vi.waitFor(() => expect(session.isReady.value).toBe(true));
    expect(calls).toEqual(['listShares']);
    const rows = Array.from({ length: 10 }, (_, at) => ({ id: `${at}` }));
    const all = asked({ listOffers: { items: [{ id: 'last' }], total: 11 } });
    all.session.opened({ ...EMPTY, offers: { items: rows as never, total: 11 } });
    await vi.waitFor(() => expect(all.session.offers.value).toHaveLength(11));
  });

  it('puts what was told meanwhile on top of what it was opened with', async () => {
    const { session } = asked();
    session.opened({ ...EMPTY, messages: [{ ...HI, from: ANNA }] });
    session.heard([{ type: 'message', ...HI, id: '2', from: ANNA }]);
    await vi.waitFor(() => expect(session.isReady.value).toBe(true));
    const { rows } = conversationOf(session.messages.value, 'all');
    expect(rows.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('reads lists in as many parts as they have', async () => {
    const rows = Array.from({ length: 1000 }, (_, at) => ({ name: `${at}`, id: `${at}` }));
    const { session } = asked({ listShares: { items: rows, total: 1000 } });
    session.opened(EMPTY);
    await vi.waitFor(() => expect(session.shares.value).toHaveLength(1000));
  });

  it('is ready before shares are read, unless they are looked at', async () => {
    const never = new Promise<never>(() => undefined);
    const { session } = asked({ listShares: never });
    session.opened(EMPTY);
    await vi.waitFor(() => expect(session.isReady.value).toBe(true));
    const { session: looking } = asked({ listShares: new AskError('gone', 'no answer') });
    looking.lookAt('shares');
    looking.opened(EMPTY);
    await vi.waitFor(() => expect(looking.connection.value).toBe('live'));
    expect(looking.isReady.value).toBe(false);
  });

  it('follows what is shared only while somebody looks at it', async () => {
    const { calls, session } = await live();
    const gone = { type: 'peer-down', peerId: SELF, reason: 'lost' } as const;
    session.heard([gone]);
    expect(calls).toEqual([]);
    session.lookAt('shares');
    calls.length = 0;
    session.heard([gone]);
    await vi.waitFor(() => expect(calls).toContain('listShares'));
  });

  it('shows what a call failed with, until one succeeds', async () => {
    const { session } = await live({ addPeer: new AskError('unreachable', 'nobody is there') });
    expect(await session.do('addPeer', { address: 'x:1' })).toBeUndefined();
    const failure = { code: 'unreachable', message: 'nobody is there', about: 'x:1' };
    expect(session.trouble.value).toEqual(failure);
    await session.do('pauseAll', {});
    expect(session.trouble.value).toBeUndefined();
  });

  it('asks the network for its topology only while somebody looks at it', async () => {
    const topology = { nodes: [], links: [], leftOut: 0 };
    const { calls, inputs, session } = await live({ getTopology: topology });
    const gone = { type: 'peer-down', peerId: SELF, reason: 'lost' } as const;
    session.heard([gone]);
    await session.look();
    expect(calls).not.toContain('getTopology');
    session.lookAt('topology');
    session.heard([gone]);
    await vi.waitFor(() => expect(session.topology.value).toBe(topology));
    session.reach = { hops: 2 };
    session.lookAt('topology');
    await vi.waitFor(() => expect(inputs).toContainEqual({ hops: 2 }));
  });

  it('keeps a conversation open that is opened while messages are read', async () => {
    const { session } = asked();
    session.opened(EMPTY);
    session.openConversation('all');
    await vi.waitFor(() => expect(session.isReady.value).toBe(true));
    expect(session.messages.value.open).toBe('all');
  });

  it('reads what was said earlier a part at a time, until there is no more', async () => {
    const said = (at: number) => ({ id: `${at}`, from: 'anna', name: '', text: '', sentAt: at });
    const rows = Array.from({ length: 2500 }, (_, at) => ({ ...said(at), private: false }));
    const lately = { ...EMPTY, messages: rows.slice(-1000) as never };
    const asking: unknown[] = [];
    const ask = async (id: OperationId, input: { before: string; count: number }) => {
      if (id === 'getOverview') return lately;
      if (id !== 'listMessages') return NONE;
      asking.push(input);
      const end = Number(input.before);
      return rows.slice(Math.max(0, end - input.count), end);
    };
    const session = new Session(ask as Ask, () => 0);
    session.opened(lately);
    await vi.waitFor(() => expect(session.isReady.value).toBe(true));
    const all = () => conversationOf(session.messages.value, 'all');
    for (const count of [1000, 2000, 2500]) {
      expect(all().rows).toHaveLength(count);
      // Whoever scrolls on meanwhile asks for the same part once.
      await Promise.all([session.readEarlier('all'), session.readEarlier('all')]);
    }
    expect([all().isWhole, all().rows[0]?.id]).toEqual([true, '0']);
    await session.readEarlier('all');
    expect(asking).toHaveLength(2);
    session.opened(lately);
    await vi.waitFor(() => expect(session.isReady.value).toBe(true));
    expect([all().rows.length, unreadIn(session.messages.value)]).toEqual([2500, 0]);
  });

  it('knows its own messages from those of others', async () => {
    const { session } = await live();
    const row = {
      type: 'message',
      id: '1',
      name: '',
      text: '',
      sentAt: 0,
      private: false,
    } as const;
    session.heard([{ ...row, from: SELF }]);
    expect(unreadIn(session.messages.value)).toBe(0);
    session.heard([{ ...row, id: '2', from: 'anna' as PeerId }]);
    expect(unreadIn(session.messages.value)).toBe(1);
  });
});
