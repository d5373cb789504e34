import { describe, expect, it } from 'vitest';
import { aboutOf } from '#web/model/about.js';

const ROW = { peerId: 'p1', id: 'c1', transferId: 't1', offerId: 'o1' };

const NAMED = {
  peers: {
    value: { known: new Map([['p1', { ...ROW, name: 'anna' }]]), blocked: new Map() },
  },
  shares: { value: [{ ...ROW, name: 'film.mkv' }] },
  transfers: { value: new Map([['t1', { ...ROW, name: 'trip' }]]) },
  offers: { value: [{ ...ROW, name: 'letter.txt' }] },
} as never;

describe('what a call was about', () => {
  it.each([
    [{ peer: 'p1', ref: 'r' }, 'anna'],
    [{ share: 'c1' }, 'film.mkv'],
    [{ name: 'c1', to: '/tmp' }, 'film.mkv'],
    [{ transfer: 't1' }, 'trip'],
    [{ offer: 'o1' }, 'letter.txt'],
    [{ name: 'any.iso' }, 'any.iso'],
    [{ path: '/home/a' }, '/home/a'],
    [{ paths: ['/home/a', '/home/b'], to: 'p1' }, '/home/a, /home/b'],
    [{ address: 'host:1' }, 'host:1'],
    [{ kind: 'kill', actor: 'mesh' }, 'mesh'],
    [{ peer: 'gone meanwhile' }, ''],
    [{}, ''],
  ])('of %j is %j', (input, about) => {
    expect(aboutOf(input, NAMED)).toBe(about);
  });
});
