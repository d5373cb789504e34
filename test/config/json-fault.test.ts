import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFault } from '#config/json-fault.js';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the place of a JSON fault', () => {
  it('is nowhere in JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        expect(jsonFault(JSON.stringify(value, null, indent))).toBeUndefined();
      }),
    );
  });

  it('is found exactly where JSON.parse refuses a text', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"a"',
      '1',
      '01',
      'true',
      '\n',
      '"',
      'x',
      '\\',
      '"\u0080\\u00ff"',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        expect(jsonFault(text) === undefined).toBe(isJson(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{\n  "a": 1,\n  b: 2\n}', 3, 3],
    ['{"a": 1', 1, 8],
    ['[1, 2] x', 1, 8],
    ['{"a": "line\n"}', 1, 7],
  ])('of %j is line %d, column %d', (text, line, column) => {
    expect(jsonFault(text)).toEqual({ line, column });
  });
});
