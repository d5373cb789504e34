import { describe, expect, it } from 'vitest';
import type { OfferId } from '#src/domain/send/send-offer.js';
import { directBody, directMessageOf } from '#src/wire/direct-message.js';
import { Fields } from '#src/wire/fields.js';

const OFFER_ID = '0123456789abcdef'.repeat(2) as OfferId;
const ANSWER = { type: 'send-answer', offerId: OFFER_ID, answer: 'rejected' } as const;

const fieldsOf = (map: object) => new Fields(new Map(Object.entries(map)), 'direct');

describe('an answer to an offer', () => {
  it('says what keeps somebody from it, or nothing of that', () => {
    const [large, paused] = [
      { ...ANSWER, obstacle: 'too-large' } as const,
      { ...ANSWER, answer: 'accepted', obstacle: 'paused' } as const,
    ];
    for (const said of [ANSWER, large, paused]) {
      expect(directMessageOf(fieldsOf(directBody(said)))).toEqual(said);
    }
  });

  it('counts without a reason that only a later version knows', () => {
    const raw = { ...directBody(ANSWER), why: 'eaten by the dog' };
    expect(directMessageOf(fieldsOf(raw))).toEqual(ANSWER);
  });

  it.each([
    ['rejected', 'paused'],
    ['rejected', 'disk-full'],
    ['full', 'paused'],
    ['accepted', 'too-large'],
  ])('counts without a reason that does not go with it: %s, %s', (answer, why) => {
    const raw = { ...directBody(ANSWER), answer, why };
    expect(directMessageOf(fieldsOf(raw))).toEqual({ ...ANSWER, answer });
  });

  it.each([7, null, ['too-large'], new Uint8Array(9), 'x'.repeat(33)])(
    'is refused with %j for a reason',
    (why) => {
      expect(() => directMessageOf(fieldsOf({ ...directBody(ANSWER), why }))).toThrow('direct.why');
    },
  );
});
