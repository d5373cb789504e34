import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { GiB, MiB } from '#src/domain/limits.js';
import { type InboxRules, isOffered, judgeOffer } from '#src/domain/send/inbox-policy.js';

const LIMITS = { mostBytes: null, types: [], quotaBytes: 20 * GiB } as const;
const RULES: InboxRules = { accept: 'all', from: null, ...LIMITS };
const ANNA = { from: `fho2f6zr${'a'.repeat(44)}` as PeerId, fromName: 'anna' } as const;
const OFFER = { name: 'film.MKV', kind: 'file', bytes: 2 * GiB, ...ANNA } as const;

const NONE = { bytes: 0, count: 0 };

describe('an offer', () => {
  it.each([
    ['ask', 'trusted', 'ask'],
    ['ask', 'known', 'ask'],
    ['trusted', 'trusted', 'accept'],
    ['trusted', 'known', 'ask'],
    ['trusted', 'unknown', 'ask'],
    ['all', 'trusted', 'accept'],
    ['all', 'unknown', 'accept'],
  ] as const)('is, where %s are taken, of one who is %s: %s', (accept, trust, verdict) => {
    expect(judgeOffer(OFFER, trust, NONE, { ...RULES, accept })).toEqual({ verdict });
  });

  it.each([
    ['as large as may be', OFFER, 0, { mostBytes: 2 * GiB }, undefined],
    [
      'a byte larger',
      { ...OFFER, bytes: 2 * GiB + 1 },
      0,
      { mostBytes: 2 * GiB },
      'inbox.mostBytes',
    ],
    ['of a type that is taken', OFFER, 0, { types: ['jpg', 'mkv'] }, undefined],
    ['of another type', OFFER, 0, { types: ['jpg'] }, 'inbox.types'],
    ['without an ending', { ...OFFER, name: 'film' }, 0, { types: ['mkv'] }, 'inbox.types'],
    ['a folder', { ...OFFER, kind: 'directory' as const }, 0, { types: ['folder'] }, undefined],
    [
      'a folder called so',
      { ...OFFER, kind: 'directory' as const },
      0,
      { types: ['mkv'] },
      'inbox.types',
    ],
    ['what there is room for', OFFER, 18 * GiB, {}, undefined],
    ['what there is no room for', OFFER, 18 * GiB + 1, {}, 'inbox.quotaBytes'],
    ['a hidden file', { ...OFFER, name: '.profile', bytes: MiB }, 0, {}, 'hidden'],
  ] as const)('that is %s is taken, or the user is told why not', (_, offer, used, rules, why) => {
    const judged = judgeOffer(offer, 'known', { bytes: used, count: 0 }, { ...RULES, ...rules });
    if (why === undefined) expect(judged).toEqual({ verdict: 'accept' });
    else expect(judged).toEqual({ verdict: 'ask', why: expect.stringContaining(why) });
  });

  it.each([
    [null, 'accept'],
    ['anna', 'accept'],
    ['FHO2', 'accept'],
    [ANNA.from, 'accept'],
    ['fho', 'ask'],
    ['Anna', 'ask'],
    ['ann', 'ask'],
    ['', 'ask'],
    ['o2f6zr', 'ask'],
  ] as const)('is, where only %s is taken from, of anna: %s', (from, verdict) => {
    expect(judgeOffer(OFFER, 'unknown', NONE, { ...RULES, from })).toEqual({ verdict });
    expect(isOffered(OFFER, from)).toBe(verdict === 'accept');
  });

  it('of nothing is taken as long as less than a thousand things lie there', () => {
    const nothing = { ...OFFER, bytes: 0 };
    const judged = (count: number) => judgeOffer(nothing, 'known', { bytes: 0, count }, RULES);
    expect(judged(999)).toEqual({ verdict: 'accept' });
    expect(judged(1000)).toEqual({ verdict: 'ask', why: expect.stringContaining('1,000') });
  });
});
