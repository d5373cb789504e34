import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { PeerRow } from '#src/peer/rows.js';
import { inOrder, NO_PEERS, peersFrom, presenceOf, reasonOf, stepPeers } from '#web/model/peers.js';

const ANNA = 'anna' as PeerId;
const UP = { type: 'peer-up', peerId: ANNA, name: 'Anna', host: '127.0.0.1', port: 1 } as const;

function row(name: string, fields: Partial<PeerRow> = {}): PeerRow {
  const peerId = name as PeerId;
  return { peerId, name, host: '', port: 1, state: 'up', trust: 'known', ...fields };
}

describe('the peers of the page', () => {
  it('come, are away, are called otherwise and go', () => {
    const there = stepPeers(NO_PEERS, UP);
    expect(there.known.get(ANNA)).toMatchObject({ name: 'Anna', state: 'up', trust: 'unknown' });
    const change = { type: 'peer-changed', peerId: ANNA, name: 'Ann' } as const;
    const away = stepPeers(there, { ...change, status: 'away: tea' });
    expect(presenceOf(away.known.get(ANNA) ?? row(''))).toBe('away');
    const back = stepPeers(away, { ...change, status: '' });
    expect(presenceOf(back.known.get(ANNA) ?? row(''))).toBe('online');
    const gone = stepPeers(back, { type: 'peer-down', peerId: ANNA, reason: 'lost' });
    expect(presenceOf(gone.known.get(ANNA) ?? row(''))).toBe('offline');
  });

  it('have the colour that they chose, until they take it back', () => {
    const there = stepPeers(NO_PEERS, UP);
    const change = { type: 'peer-changed', peerId: ANNA, name: 'Anna', status: '' } as const;
    const coloured = stepPeers(there, { ...change, colour: 'teal' });
    expect(coloured.known.get(ANNA)?.colour).toBe('teal');
    expect(stepPeers(coloured, change).known.get(ANNA)).not.toHaveProperty('colour');
  });

  it('say why they are away, where they do', () => {
    expect([reasonOf('away'), reasonOf('away: tea: green')]).toEqual(['', 'tea: green']);
  });

  it('are apart while they are blocked', () => {
    const change = { type: 'trust-changed', peerId: ANNA, name: 'Anna' } as const;
    const blocked = stepPeers(stepPeers(NO_PEERS, UP), { ...change, state: 'blocked' });
    expect([blocked.known.size, blocked.blocked.get(ANNA)?.trust]).toEqual([0, 'blocked']);
    const free = stepPeers(blocked, { ...change, state: 'unknown' });
    expect([free.known.size, free.blocked.size]).toEqual([1, 0]);
  });

  it('stand in the order in which they can be talked to, then by name', () => {
    const rows = [row('d', { state: 'down' }), row('c'), row('b', { status: 'away' }), row('a')];
    const peers = peersFrom(rows, []);
    expect(inOrder(peers.known.values()).map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });
});
