import { describe, expect, it } from 'vitest';
import { TransportChoice } from '#src/domain/download/transport-choice.js';
import type { PeerId } from '#src/domain/ids.js';

const ANNA = 'anna' as PeerId;
const BEN = 'ben' as PeerId;
const MINUTE = 60_000;

function auto() {
  const choice = new TransportChoice('auto');
  return { choice, of: (peer: PeerId, now: number) => choice.way(peer, true, now)?.transport };
}

describe('the transport of a source', () => {
  it('is the one that was set, whatever becomes of it', () => {
    for (const setting of ['tcp', 'udp'] as const) {
      const choice = new TransportChoice(setting);
      choice.failed(ANNA, setting, 'unreachable', 0);
      expect(choice.way(ANNA, true, 1)).toEqual({ transport: setting, mayMove: false });
      expect(choice.connected(ANNA, setting)).toBeUndefined();
    }
  });

  it('is tcp for a peer that does not speak the other, and none where tcp is not allowed', () => {
    expect(new TransportChoice('auto').way(ANNA, false, 0)).toEqual({
      transport: 'tcp',
      mayMove: false,
    });
    expect(new TransportChoice('udp').way(ANNA, false, 0)).toBeUndefined();
  });

  it('is tcp first where it is free, and the other one for a peer it does not reach, for no other', () => {
    const { choice, of } = auto();
    expect(choice.way(ANNA, true, 0)).toMatchObject({ transport: 'tcp', mayMove: true });
    choice.failed(ANNA, 'tcp', 'unreachable', 0);
    expect(choice.way(ANNA, true, 1)).toMatchObject({ transport: 'udp', mayMove: false });
    expect(of(BEN, 1)).toBe('tcp');
  });

  it('begins anew where neither gets through: the peer is just away', () => {
    const { choice } = auto();
    choice.failed(ANNA, 'tcp', 'unreachable', 0);
    choice.failed(ANNA, 'udp', 'unreachable', 1);
    expect(choice.way(ANNA, true, 2)).toMatchObject({ transport: 'tcp', mayMove: true });
  });

  it('stays tcp where that crawls and the other does not get through at all', () => {
    const { choice } = auto();
    choice.failed(ANNA, 'tcp', 'crawling', 0);
    choice.failed(ANNA, 'udp', 'unreachable', 1);
    expect(choice.way(ANNA, true, 2)).toMatchObject({ transport: 'tcp', mayMove: false });
    // A request that began before it was known.
    choice.failed(ANNA, 'tcp', 'crawling', 3);
    expect(choice.way(ANNA, true, 4)).toMatchObject({ transport: 'tcp', mayMove: false });
    // Now that one does not get through any more.
    choice.failed(ANNA, 'tcp', 'unreachable', 5);
    expect(choice.way(ANNA, true, 6)?.transport).toBe('udp');
  });

  it('is not changed by a failure of one that was left already', () => {
    const { choice, of } = auto();
    choice.failed(ANNA, 'tcp', 'crawling', 0);
    choice.failed(ANNA, 'tcp', 'unreachable', 9 * MINUTE);
    choice.failed(ANNA, 'tcp', 'crawling', 9 * MINUTE);
    expect(of(ANNA, 9 * MINUTE)).toBe('udp');
    expect(of(ANNA, 11 * MINUTE)).toBe('tcp');
  });

  it.each(['crawling', 'unreachable'] as const)(
    'changes at most twice in ten minutes where both connect, however often tcp is found %s',
    (why) => {
      const { choice } = auto();
      let moves = 0;
      let last = 'tcp';
      for (let now = 0; now < 10 * MINUTE; now += 1000) {
        const way = choice.way(ANNA, true, now);
        if (way === undefined) throw new Error('no way');
        if (way.transport !== last) moves += 1;
        last = way.transport;
        choice.connected(ANNA, way.transport);
        if (way.transport === 'tcp' && (way.mayMove || why === 'unreachable')) {
          choice.failed(ANNA, 'tcp', why, now);
        }
      }
      expect(moves).toBe(1);
    },
  );

  it('is told once when it has moved and got there', () => {
    const { choice } = auto();
    expect(choice.connected(ANNA, 'tcp')).toBeUndefined();
    choice.failed(ANNA, 'tcp', 'crawling', 0);
    expect(choice.connected(ANNA, 'tcp')).toBeUndefined();
    expect(choice.connected(ANNA, 'udp')).toEqual({ to: 'udp', why: 'crawling' });
    expect(choice.connected(ANNA, 'udp')).toBeUndefined();
    choice.failed(ANNA, 'udp', 'unreachable', 1);
    expect(choice.connected(ANNA, 'tcp')).toEqual({ to: 'tcp', why: 'unreachable' });
  });

  it('is tcp again after a while: networks change', () => {
    const { choice, of } = auto();
    choice.failed(ANNA, 'tcp', 'unreachable', 0);
    expect(of(ANNA, 9 * MINUTE)).toBe('udp');
    expect(of(ANNA, 11 * MINUTE)).toBe('tcp');
  });

  it('is remembered for a bounded number of peers', () => {
    const { choice, of } = auto();
    for (let peer = 0; peer < 2000; peer += 1) {
      choice.failed(`peer ${peer}` as PeerId, 'tcp', 'unreachable', 0);
    }
    expect(of('peer 0' as PeerId, 1)).toBe('tcp');
    expect(of('peer 1999' as PeerId, 1)).toBe('udp');
  });
});
