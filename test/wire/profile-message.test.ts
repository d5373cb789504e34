import { describe, expect, it } from 'vitest';
import { directBody, directMessageOf } from '#src/wire/direct-message.js';
import { Fields } from '#src/wire/fields.js';

const PROFILE = { type: 'profile', name: 'Anna', status: '' } as const;

const fieldsOf = (map: object) => new Fields(new Map(Object.entries(map)), 'direct');

describe('how a peer shows itself', () => {
  it('has a colour, or none', () => {
    for (const said of [PROFILE, { ...PROFILE, colour: 'teal' } as const]) {
      expect(directMessageOf(fieldsOf(directBody(said)))).toEqual(said);
    }
  });

  it.each(['', 'mauve', 'Teal', '#00ffff', 'red;x:1', '\u202e', '__proto__'])(
    'has no colour that we do not know: %j',
    (colour) => {
      expect(directMessageOf(fieldsOf({ ...PROFILE, colour }))).toEqual(PROFILE);
    },
  );

  it.each([0, -1, 2 ** 53, Number.NaN, null, true, [], ['teal'], new Map(), 'x'.repeat(17)])(
    'is refused with %j for a colour',
    (colour) => {
      expect(() => directMessageOf(fieldsOf({ ...PROFILE, colour }))).toThrow('direct.colour');
    },
  );
});
