import { describe, expect, it, vi } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { PeerEvent } from '#src/peer/events.js';
import { Stopping } from '#src/peer/network/stopping.js';

const SELF = 'self' as PeerId;
const OTHER = 'other' as PeerId;

type Rules = { readonly allowed?: boolean; readonly key?: string | null };

/** One start of a peer: `rows` is what its database keeps from start to start. */
function life(rows: Map<string, unknown>, { allowed = true, key = 'a key' }: Rules = {}) {
  const events: PeerEvent[] = [];
  const database = {
    get: async (_: string, name: string) => rows.get(name),
    put: async (_: string, name: string, row: unknown) => void rows.set(name, row),
  };
  const settings = { network: { key }, mesh: { allowRemoteStop: allowed } };
  const home = { self: { peerId: SELF }, settings, database };
  const send = vi.fn();
  const stopping = new Stopping({
    home: home as never,
    crew: { send },
    isBlocked: () => false,
    tell: (event) => events.push(event),
  });
  const obey = vi.fn();
  stopping.obey = obey;
  return { stopping, events, obey, send };
}

const heard = (sentAt: number) => ({ author: OTHER, name: 'anna', sentAt });

describe('a stop of the network', () => {
  it('that was obeyed stops nobody again after a restart, though the asker’s clock is ahead', async () => {
    const rows = new Map<string, unknown>();
    const word = heard(Date.now() + 20_000);
    const first = life(rows);
    first.stopping.hear(word);
    await vi.waitFor(() => expect(first.obey).toHaveBeenCalledTimes(1), { timeout: 10_000 });
    expect(first.events).toEqual([
      { type: 'stop-requested', from: OTHER, name: 'anna', obeyed: true },
    ]);
    const again = life(rows);
    again.stopping.hear(word);
    await vi.waitFor(() => expect(again.events).toMatchObject([{ obeyed: false }]));
    const later = life(rows);
    later.stopping.hear(heard(word.sentAt + 1));
    await vi.waitFor(() => expect(later.obey).toHaveBeenCalledTimes(1), { timeout: 10_000 });
    expect(again.obey).not.toHaveBeenCalled();
  });

  it('of others who ask without end is five lines, and not one more', async () => {
    const { stopping, events, obey } = life(new Map(), { allowed: false });
    for (let word = 0; word < 100; word += 1) stopping.hear(heard(Date.now() + word));
    await vi.waitFor(() => expect(events).toHaveLength(5));
    expect(obey).not.toHaveBeenCalled();
  });

  it('is not obeyed where that could not be written down', async () => {
    const full = new Map<string, unknown>();
    full.set = () => {
      throw new Error('the disk is full');
    };
    const { stopping, events, obey } = life(full);
    stopping.hear(heard(Date.now() + 1000));
    await vi.waitFor(() => expect(events).toMatchObject([{ type: 'error', code: 'data-failed' }]));
    expect(obey).not.toHaveBeenCalled();
  });

  it('asks nobody where there is no key, and nobody twice at once', async () => {
    const open = life(new Map(), { key: null });
    await expect(open.stopping.ask()).rejects.toMatchObject({ code: 'usage' });
    expect(open.send).not.toHaveBeenCalled();
    const { stopping, send } = life(new Map());
    const asking = stopping.ask();
    await expect(stopping.ask()).rejects.toMatchObject({ code: 'usage' });
    stopping.hear({ author: SELF, name: 'me', sentAt: Date.now() });
    await asking;
    expect(send).toHaveBeenCalledTimes(1);
    const closing = stopping.ask();
    stopping.close();
    await expect(closing).rejects.toMatchObject({ code: 'closed' });
  });
});
