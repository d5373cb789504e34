import { describe, expect, it } from 'vitest';
import { Fields, list, utf8 } from '#src/wire/fields.js';

const wrong = expect.objectContaining({ code: 'protocol' });

function fields(entries: object): Fields {
  return new Fields(new Map(Object.entries(entries)), 'a frame');
}

describe('fields', () => {
  it.each([7, 'text', null, [], {}])('are not taken out of %o', (value) => {
    expect(() => new Fields(value, 'a frame')).toThrow(wrong);
  });

  it.each([-1, 2 ** 53, Number.NaN, 1e308, 0.5, '1', undefined, null])(
    'take %s for no whole number',
    (value) => {
      expect(() => fields({ value }).uint('value')).toThrow(wrong);
    },
  );

  it('name what was wrong', () => {
    expect(() => fields({ size: 9 }).uint('size', 8)).toThrow(
      'a frame.size is not a whole number from 0 to 8',
    );
  });

  it('take whole numbers up to 2^53-1 as they are', () => {
    for (const value of [0, 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      expect(fields({ value }).uint('value')).toBe(value);
    }
  });

  it('count texts in bytes, not in characters', () => {
    expect(fields({ value: 'ää' }).text('value', 4)).toBe('ää');
    expect(() => fields({ value: 'ää' }).text('value', 3)).toThrow(wrong);
  });

  it('take bytes of exactly the length that is due', () => {
    const value = new Uint8Array(3);
    expect(fields({ value }).bytes('value', 3)).toBe(value);
    expect(() => fields({ value }).bytes('value', 4)).toThrow(wrong);
    expect(() => fields({ value: 'abc' }).bytes('value', 3)).toThrow(wrong);
  });

  it('take nothing but true and false for a flag', () => {
    expect(fields({ value: false }).flag('value')).toBe(false);
    for (const value of [0, 1, 'true', null]) {
      expect(() => fields({ value }).flag('value')).toThrow(wrong);
    }
  });

  it('bound lists, and refuse what is none', () => {
    expect(list(Array(1024).fill(0), 'a list')).toHaveLength(1024);
    expect(() => list(Array(1025).fill(0), 'a list')).toThrow(wrong);
    expect(() => list({ length: 1 }, 'a list')).toThrow(wrong);
  });

  it('find no field in what every object has', () => {
    expect(() => fields({}).list('constructor')).toThrow(wrong);
    expect(() => fields({}).text('__proto__', 99)).toThrow(wrong);
  });

  it('take UTF-8 for text and nothing else', () => {
    expect(utf8(Buffer.from('grüße'), 'a name')).toBe('grüße');
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80]]) {
      expect(() => utf8(Uint8Array.from(bytes), 'a name')).toThrow(wrong);
    }
  });
});
