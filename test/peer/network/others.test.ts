import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import type { Acquaintance } from '#src/domain/peers/trust.js';
import { type Others, otherCalled } from '#src/peer/network/others.js';
import { unblockPeer } from '#src/peer/trust/trusting.js';

const self = { peerId: 'abcd2'.padEnd(52, 'a') as PeerId, name: 'anna' };
const ben = {
  peerId: 'xyz23'.padEnd(52, 'a') as PeerId,
  name: 'ben',
  host: '10.0.0.2',
  port: 27_460,
};

/** Anna's peer, which knows ben, or has blocked him. */
function parts(state: Acquaintance['state'] = 'known'): Others {
  const row = { ...ben, state };
  const isBlocked = state === 'blocked';
  return {
    home: { self },
    bans: { all: [], rows: [] },
    trust: {
      all: [row],
      blocked: isBlocked ? [ben.peerId] : [],
      stateOf: () => state,
    },
    neighbours: { lines: () => [{ ...ben, state: 'up' }] },
  } as unknown as Others;
}

function refusal(word: string, state?: Acquaintance['state']): unknown {
  try {
    return otherCalled(word, parts(state));
  } catch (error) {
    return error;
  }
}

describe('another peer that a command names', () => {
  it('is found by its name and by the beginning of its id', () => {
    expect(otherCalled('ben', parts())).toMatchObject(ben);
    expect(otherCalled('XYZ2', parts())).toMatchObject(ben);
  });

  it.each([self.peerId, self.peerId.toUpperCase(), 'abcd', 'ABCD2', 'anna'])(
    'is not this one: %s is told to be it',
    (word) => {
      expect(refusal(word)).toMatchObject({
        code: 'self',
        message: `${word} is this peer itself: name another one, \`peers\` shows them`,
      });
    },
  );

  it.each(['xyz', 'XY', 'abc'])('is not meant by so little of an id as %s', (word) => {
    expect(refusal(word)).toMatchObject({
      code: 'not-found',
      message: `${word} is too short for an id: give 4 characters of it or more`,
    });
  });

  it('is not known where nothing of it is', () => {
    const unknown = { code: 'not-found', message: expect.stringContaining('no peer called carl') };
    expect(refusal('carl')).toMatchObject(unknown);
    expect(refusal('xyz', 'blocked')).toMatchObject({
      message: expect.stringContaining('too short for an id'),
    });
  });

  it('is not unblocked by too little of its id either', async () => {
    const blocked = parts('blocked') as Parameters<typeof unblockPeer>[1];
    await expect(unblockPeer('xyz', blocked)).rejects.toMatchObject({
      message: expect.stringContaining('too short for an id'),
    });
    await expect(unblockPeer('carl', blocked)).rejects.toMatchObject({
      message: expect.stringContaining('peers --blocked'),
    });
  });
});
