import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { fromHere, withoutRefused } from '#src/domain/mesh/hearsay.js';
import type { Contact } from '#src/domain/mesh/membership-message.js';

const at = (letter: string, host = '10.0.0.1'): Contact => {
  return { peerId: `${letter.repeat(51)}q` as PeerId, host, port: 27_460 };
};
const [anna, ben, blocked] = [at('a'), at('b'), at('c')];
const refused = new Set([blocked.peerId]);
const shuffle = { type: 'shuffle', request: 1, ttl: 2 } as const;

describe('what a neighbour says of others', () => {
  it('never brings up who is refused here', () => {
    const sample = [anna, blocked, ben];
    const left = [anna, ben];
    expect(withoutRefused({ ...shuffle, origin: anna, sample }, refused)).toEqual({
      ...shuffle,
      origin: anna,
      sample: left,
    });
    expect(withoutRefused({ type: 'shuffle-answer', request: 1, sample }, refused)).toEqual({
      type: 'shuffle-answer',
      request: 1,
      sample: left,
    });
    expect(withoutRefused({ ...shuffle, origin: blocked, sample: left }, refused)).toBeUndefined();
    const join = { type: 'forward-join', ttl: 3 } as const;
    expect(withoutRefused({ ...join, joiner: blocked }, refused)).toBeUndefined();
    expect(withoutRefused({ ...join, joiner: ben }, refused)).toEqual({ ...join, joiner: ben });
  });

  it('is left as it is where it names nobody', () => {
    const answer = { type: 'neighbour-answer', request: 1, isAccepted: true } as const;
    expect(withoutRefused(answer, refused)).toBe(answer);
  });

  it('is mended where he speaks of himself: he does not know where he is reached', () => {
    const message = { ...shuffle, origin: at('a', '0.0.0.0'), sample: [] };
    expect(fromHere(message, anna)).toEqual({ ...message, origin: anna });
    expect(fromHere(message, ben)).toBe(message);
  });
});
