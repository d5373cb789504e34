import { describe, expect, it } from 'vitest';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import { meant, peerCalled, peersMeant, shareCalled } from '#src/peer/network/naming.js';

const one = { name: 'abcd', id: 'ff00'.repeat(16) as ContentId };
const two = { name: 'film', id: 'abcd'.repeat(16) as ContentId };
const three = { name: 'film', id: 'abce'.repeat(16) as ContentId };
const all = [one, two, three];

describe('what a word means', () => {
  it('is everything of that name before it is an id', () => {
    expect(meant('film', all)).toEqual([two, three]);
    expect(meant('abcd', all)).toEqual([one]);
  });

  it('is an id or its beginning, in any case, from four characters on', () => {
    expect(meant(two.id, all)).toEqual([two]);
    expect(meant('ABCDA', all)).toEqual([two]);
    expect(meant('abce', all)).toEqual([three]);
    expect(meant('abc', all)).toEqual([]);
    expect(meant('wxyz', all)).toEqual([]);
    expect(meant('', all)).toEqual([]);
  });
});

it('one share is meant by its name or its id, and nothing is done where none or several are', () => {
  const share = (name: string, id: string) =>
    ({ name, id: id as ContentId, path: `/${id}`, kind: 'file', bytes: 1, chunks: 1 }) as const;
  const all = [share('a', '11112222'), share('b', '11113333')];
  expect(shareCalled('a', all)).toBe(all[0]);
  expect(shareCalled('11113', all)).toBe(all[1]);
  expect(() => shareCalled('1111', all)).toThrow(/1111 means 2 shares/);
  expect(() => shareCalled('c', all)).toThrow(/nothing is shared as c/);
});

describe('which peer a word means', () => {
  const peer = (name: string, start: string, port: number) => ({
    name,
    peerId: start.padEnd(52, 'a') as PeerId,
    host: '10.0.0.1',
    port,
  });
  const anna = peer('anna', 'abcd2', 1);
  const ben = peer('ben', 'abcd3', 5);
  const annaToo = peer('anna', 'zzzz', 9);
  const peers = [anna, ben, annaToo];

  it('is said by its name, the beginning of its id in any case, or its address', () => {
    expect(peerCalled('ben', peers)).toBe(ben);
    expect(peerCalled('ABCD3', peers)).toBe(ben);
    expect(peerCalled('10.0.0.1:5', peers)).toBe(ben);
    expect(peerCalled(annaToo.peerId, peers)).toBe(annaToo);
    for (const word of ['abc', 'nobody', '10.0.0.1', '10.0.0.1:6', '']) {
      expect(peerCalled(word, peers)).toBeUndefined();
    }
    expect(peerCalled('', [{ ...ben, name: '' }])).toBeUndefined();
  });

  it('is refused where several are, with the name, short id and address of each', () => {
    expect(() => peerCalled('anna', peers)).toThrow(
      'anna means 2 peers: anna (abcd2aaa) at 10.0.0.1:1, anna (zzzzaaaa) at 10.0.0.1:9; say which by its id',
    );
    expect(() => peerCalled('abcd', peers)).toThrow(/means 2 peers/);
    const many = Array.from({ length: 13 }, (_, port) => peer('anna', 'abcd', port));
    expect(() => peerCalled('anna', many)).toThrow(/10\.0\.0\.1:9 and 3 more;/);
  });

  it('is not decided by a name that looks like the id of another', () => {
    const impostor = peer('abcd2', 'yyyy', 13);
    expect(peersMeant('abcd2', [...peers, impostor])).toEqual([anna, impostor]);
    const whole = peer(anna.peerId, 'yyyy', 13);
    expect(peerCalled(anna.peerId, [...peers, whole])).toBe(anna);
  });
});
