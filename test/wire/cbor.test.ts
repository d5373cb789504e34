import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { P2pError } from '#src/domain/errors.js';
import { decodeCbor, encodeCbor } from '#src/wire/cbor.js';

function refusal(bytes: Uint8Array): string | undefined {
  try {
    decodeCbor(bytes);
  } catch (error) {
    if (error instanceof P2pError && error.code === 'protocol') return error.message;
    throw error;
  }
  return undefined;
}

function hex(text: string): Uint8Array {
  return Buffer.from(text, 'hex');
}

describe('CBOR from a peer', () => {
  it('refuses random bytes with nothing but one clear error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        refusal(bytes);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([17, 100_000])(
    'refuses lists nested %i deep before it follows them (CVE-2020-8437, CVE-2017-9847)',
    (depth) => {
      expect(refusal(new Uint8Array(depth).fill(0x81))).toMatch('nested too deeply');
    },
  );

  it('takes lists nested as deep as is allowed', () => {
    const bytes = new Uint8Array(17).fill(0x81);
    bytes[16] = 0;
    expect(refusal(bytes)).toBeUndefined();
  });

  it('refuses a claimed count that is too large, and allocates nothing for it', () => {
    expect(refusal(hex('9affffffff'))).toMatch('too many elements');
    expect(refusal(hex('bb001fffffffffffff'))).toMatch('too many elements');
    expect(refusal(hex('5b001fffffffffffff'))).toBeDefined();
  });

  it('refuses many small containers together (CVE-2026-86040)', () => {
    const lists = Array.from({ length: 20 }, () => Array(1000).fill(0));
    expect(refusal(encodeCbor(lists))).toMatch('too many elements');
    // As many empty ones as a frame has bytes: lists, maps, strings, texts.
    for (const empty of [0x80, 0xa0, 0x40, 0x60]) {
      const count = 60_000;
      const bytes = Buffer.alloc(3 + count, empty);
      bytes[0] = 0x99;
      bytes.writeUInt16BE(count, 1);
      expect(refusal(bytes)).toMatch('too many elements');
      // The same in lists that are each short enough.
      const short = Buffer.concat([hex('9903e8'), Buffer.alloc(1000, empty)]);
      expect(refusal(Buffer.concat([hex('9832'), ...Array(50).fill(short)]))).toMatch(
        'too many elements',
      );
    }
  });

  it('counts depth and not containers: many beside each other are fine', () => {
    const deep = [[[[[1], [{}]], []], 2], { a: [{ b: [] }] }];
    const wide = Array.from({ length: 100 }, () => deep);
    expect(refusal(encodeCbor(wide))).toBeUndefined();
  });

  it('takes a text of any script, the replacement character too', () => {
    expect(decodeCbor(encodeCbor('ä \ufffd \u{1f600}'))).toBe('ä \ufffd \u{1f600}');
  });

  it('takes a text that begins with a byte order mark whole, and one of nothing else', () => {
    for (const text of ['\ufeff', '\ufefffilm.mkv', `\ufeff${'x'.repeat(100)}`]) {
      expect(decodeCbor(encodeCbor(text))).toBe(text);
    }
  });

  it.each([
    ['integers above 2^53-1', '1b0020000000000000'],
    ['integers below -(2^53-1)', '3b0020000000000000'],
    ['NaN', 'f97e00'],
    ['Infinity', 'f97c00'],
    ['undefined', 'f7'],
    ['tags', 'c000'],
    ['big numbers', 'c24101'],
    ['lists without an end', '9f00ff'],
    ['the same key twice', 'a2616100616101'],
    ['integers longer than they need be', '1800'],
    ['two values', '0000'],
    ['no value', ''],
    ['texts that are not UTF-8', '61ff'],
  ])('refuses %s', (_, bytes) => {
    expect(refusal(hex(bytes))).toBeDefined();
  });

  it('takes a key named __proto__ for just a key (CVE-2023-36665)', () => {
    const decoded = decodeCbor(hex(`a169${Buffer.from('__proto__').toString('hex')}a1616101`));
    expect(decoded).toBeInstanceOf(Map);
    expect((decoded as Map<string, unknown>).get('__proto__')).toEqual(new Map([['a', 1]]));
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it('writes the same bytes whatever order fields were set in', () => {
    expect(encodeCbor({ b: 1, a: 2 })).toEqual(encodeCbor({ a: 2, b: 1 }));
  });
});
