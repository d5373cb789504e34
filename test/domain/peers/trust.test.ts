import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { type Acquaintance, namesakes } from '#src/domain/peers/trust.js';

const id = (letter: string) => `${letter.repeat(51)}q` as PeerId;
const anna = (letter: string, state: Acquaintance['state'], name = 'anna'): Acquaintance => {
  return { peerId: id(letter), state, name, host: '10.0.0.1', port: 27_460 };
};
const newcomer = { peerId: id('n'), name: 'anna' };

describe('a name that had another key', () => {
  it('is noticed where it is that of a trusted peer, and of nobody else', () => {
    const all = [anna('k', 'known'), anna('t', 'trusted'), anna('o', 'trusted', 'otto')];
    expect(namesakes(newcomer, all)).toEqual([all[1]]);
  });

  it('is nothing where its bearer is known or blocked, has no namesake, or is trusted himself', () => {
    expect(namesakes(newcomer, [anna('k', 'known')])).toEqual([]);
    expect(namesakes(newcomer, [anna('b', 'blocked')])).toEqual([]);
    expect(namesakes(newcomer, [anna('n', 'known')])).toEqual([]);
    expect(namesakes(newcomer, [anna('n', 'trusted'), anna('t', 'trusted')])).toEqual([]);
  });

  it('is noticed each time, and also where a peer takes it that was known by another', () => {
    const trusted = anna('t', 'trusted');
    expect(namesakes(newcomer, [anna('n', 'known'), trusted])).toEqual([trusted]);
    expect(namesakes(newcomer, [anna('n', 'known', 'otto'), trusted])).toEqual([trusted]);
  });
});
