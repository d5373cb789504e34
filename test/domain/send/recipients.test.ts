import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import {
  heardOf,
  isPassing,
  MOST_RECIPIENTS,
  newsOf,
  type Recipient,
} from '#src/domain/send/recipients.js';

const one = (peer: string, state: Recipient['state']): Recipient => ({
  peerId: peer as PeerId,
  name: peer,
  state,
  at: 0,
});

describe('what is heard of an offer', () => {
  it.each([
    [undefined, 'accepted', 'accepted'],
    ['accepted', 'received', 'received'],
    ['accepted', 'rejected', 'rejected'],
    ['rejected', 'accepted', 'accepted'],
    ['full', 'accepted', 'accepted'],
  ] as const)('from one who had said %s, that it is %s, counts', (before, said, after) => {
    const had = before === undefined ? [] : [one('anna', before)];
    expect(heardOf([one('ben', 'accepted'), ...had], one('anna', said))).toEqual([
      one('ben', 'accepted'),
      one('anna', after),
    ]);
  });

  it.each([
    ['accepted', 'accepted'],
    ['received', 'received'],
    ['received', 'accepted'],
    ['received', 'rejected'],
  ] as const)('from one who had said %s, that it is %s, is nothing new', (before, said) => {
    expect(heardOf([one('anna', before)], one('anna', said))).toBeUndefined();
  });

  it('as another reason why nothing is fetched counts, and the same one once', () => {
    const full = { ...one('anna', 'accepted'), obstacle: 'disk-full' } as const;
    expect(heardOf([one('anna', 'accepted')], full)).toEqual([full]);
    expect(heardOf([full], full)).toBeUndefined();
    expect(heardOf([full], one('anna', 'accepted'))).toEqual([one('anna', 'accepted')]);
  });

  it('as an earlier word that is heard once more, late, counts for nothing', () => {
    const said = (turns: number, obstacle?: 'paused') =>
      ({ ...one('anna', 'accepted'), turns, ...(obstacle && { obstacle }) }) as const;
    expect(heardOf([said(2)], said(1, 'paused'))).toBeUndefined();
    expect(heardOf([said(2)], one('anna', 'accepted'))).toBeUndefined();
    expect(heardOf([said(1, 'paused')], said(3, 'paused'))).toEqual([said(3, 'paused')]);
    expect(heardOf([said(2)], said(3, 'paused'))).toEqual([said(3, 'paused')]);
    const rejected = one('anna', 'rejected');
    expect(heardOf([said(2)], rejected)).toEqual([rejected]);
    expect(heardOf([rejected], said(0))).toEqual([said(0)]);
  });

  it('from one more than is kept counts for nothing', () => {
    const all = Array.from({ length: MOST_RECIPIENTS }, (_, at) => one(String(at), 'accepted'));
    expect(heardOf(all, one('anna', 'accepted'))).toBeUndefined();
    expect(heardOf(all, one('7', 'received'))?.length).toBe(MOST_RECIPIENTS);
  });
});

it('what somebody says passes but for his first answer, and that he has it', () => {
  const offered = one('anna', 'offered');
  const accepted = one('anna', 'accepted');
  expect([isPassing(undefined, accepted), isPassing(offered, accepted)]).toEqual([false, false]);
  expect(isPassing(accepted, one('anna', 'received'))).toBe(false);
  expect(isPassing(accepted, { ...accepted, turns: 1 })).toBe(true);
  expect(isPassing(accepted, one('anna', 'rejected'))).toBe(true);
});

describe('what is new in what somebody says', () => {
  const accepted = one('anna', 'accepted');
  const paused = { ...accepted, obstacle: 'paused' } as const;
  const full = { ...accepted, obstacle: 'disk-full' } as const;

  it('is a pause, or that he goes on, and no answer where he had given that', () => {
    expect(newsOf(accepted, paused)).toEqual({ isAnswer: false, isPaused: true });
    expect(newsOf(paused, accepted)).toEqual({ isAnswer: false, isPaused: false });
    expect(newsOf(paused, paused)).toEqual({ isAnswer: false });
  });

  it('is an answer too where he had given another, or none', () => {
    expect(newsOf(undefined, paused)).toEqual({ isAnswer: true, isPaused: true });
    expect(newsOf(undefined, accepted)).toEqual({ isAnswer: true });
    expect(newsOf(accepted, full)).toEqual({ isAnswer: true });
    expect(newsOf(full, accepted)).toEqual({ isAnswer: true });
  });

  it('is not that he goes on where he does not want it any more, or cannot have it', () => {
    expect(newsOf(paused, one('anna', 'rejected'))).toEqual({ isAnswer: true });
    expect(newsOf(paused, full)).toEqual({ isAnswer: true });
  });
});
