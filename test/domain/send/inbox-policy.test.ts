import { describe, expect, it } from 'vitest';
import type { PeerId } from '#src/domain/ids.js';
import { GiB, MiB } from '#src/domain/limits.js';
import { type InboxRules, isCalled, judgeOffer, unproven } from '#src/domain/send/inbox-policy.js';

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
    [null, 'known', 'accept'],
    ['anna', 'trusted', 'accept'],
    ['anna', 'known', 'ask'],
    ['fho2f6zr', 'trusted', 'ask'],
    [ANNA.from.slice(0, 15), 'trusted', 'ask'],
    [ANNA.from.slice(0, 16).toUpperCase(), 'unknown', 'accept'],
    [ANNA.from, 'unknown', 'accept'],
    [ANNA.from.slice(1), 'trusted', 'ask'],
    ['Anna', 'trusted', 'ask'],
    ['', 'trusted', 'ask'],
  ] as const)('is, where only %s is taken from, of anna who is %s: %s', (from, trust, verdict) => {
    expect(judgeOffer(OFFER, trust, NONE, { ...RULES, from })).toEqual({ verdict });
  });

  it('of one whose name is the beginning of the id that is meant is not taken', () => {
    const by = ANNA.from.slice(0, 20);
    const impostor = { ...OFFER, from: `z${ANNA.from.slice(1)}` as PeerId, fromName: by };
    expect(judgeOffer(impostor, 'known', NONE, { ...RULES, from: by })).toEqual({ verdict: 'ask' });
  });

  it.each([
    [null, true],
    ['anna', true],
    ['FHO2', true],
    [ANNA.from, true],
    ['fho', false],
    ['Anna', false],
    ['', false],
    ['o2f6zr', false],
  ] as const)('is asked about, where only %s is, of anna: %s', (by, isAsked) => {
    expect(isCalled(OFFER, by)).toBe(isAsked);
  });

  it.each([
    ['anna', undefined],
    [ANNA.from.slice(0, 16), undefined],
    [ANNA.from.toUpperCase(), undefined],
    ['ben', 'ben may be anybody'],
    [ANNA.from.slice(0, 15), '16 characters'],
    // No id has a 1.
    ['fho1f6zraaaaaaaa', '80 bits'],
  ])('is to be taken unasked of %s, where anna is trusted, or that is wrong: %s', (by, why) => {
    const wrong = unproven(by, ['anna']);
    if (why === undefined) expect(wrong).toBeUndefined();
    else expect(wrong).toContain(why);
  });

  it('of nothing is taken as long as less than a thousand things lie there', () => {
    const nothing = { ...OFFER, bytes: 0 };
    const judged = (count: number) => judgeOffer(nothing, 'known', { bytes: 0, count }, RULES);
    expect(judged(999)).toEqual({ verdict: 'accept' });
    expect(judged(1000)).toEqual({ verdict: 'ask', why: expect.stringContaining('1,000') });
  });
});
