import { describe, expect, it } from 'vitest';
import { Holdings } from '#src/domain/catalogue/holdings.js';
import type { ContentId, PeerId } from '#src/domain/ids.js';

const PEER = 'peer' as PeerId;
const ID = 'content' as ContentId;

function copies(holdings: Holdings): readonly number[] {
  return [...(holdings.get(ID)?.copies ?? [])];
}

function create(): Holdings {
  const holdings = new Holdings();
  holdings.peerUp(PEER);
  holdings.hold(ID, 'name', new Uint32Array(3), [0, 3]);
  return holdings;
}

describe('what others hold', () => {
  it('is what they told last, whatever was known before', () => {
    const holdings = create();
    holdings.peerTold(PEER, ID, [0, 2]);
    expect(copies(holdings)).toEqual([1, 1, 0]);
    holdings.peerTold(PEER, ID, [1, 2]);
    expect(copies(holdings)).toEqual([0, 1, 1]);
    holdings.peerKept(PEER, ID, 1);
    holdings.peerKept(PEER, ID, 0);
    expect(copies(holdings)).toEqual([1, 1, 1]);
  });

  it('is forgotten when a catalogue counts fewer than before, but not when it is only late', () => {
    const holdings = create();
    holdings.peerKept(PEER, ID, 0);
    holdings.peerKept(PEER, ID, 1);
    holdings.peerHolds(PEER, ID, 1);
    expect(copies(holdings)).toEqual([1, 1, 0]);
    holdings.peerHolds(PEER, ID, 3);
    expect(copies(holdings)).toEqual([1, 1, 1]);
    holdings.peerHolds(PEER, ID, 2);
    expect(copies(holdings)).toEqual([0, 0, 0]);
  });

  it('is nothing of a peer that is not up', () => {
    const holdings = create();
    holdings.peerDown(PEER);
    holdings.peerHolds(PEER, ID, 3);
    holdings.peerTold(PEER, ID, [0, 3]);
    holdings.peerKept(PEER, ID, 1);
    expect(copies(holdings)).toEqual([0, 0, 0]);
  });

  it('stays known when the content is held anew', () => {
    const holdings = create();
    holdings.peerTold(PEER, ID, [0, 1]);
    holdings.hold(ID, 'name', new Uint32Array(3), [0, 1]);
    expect(copies(holdings)).toEqual([1, 0, 0]);
    expect(holdings.get(ID)?.have.count).toBe(1);
  });
});
