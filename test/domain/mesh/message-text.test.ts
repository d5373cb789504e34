import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedText, parseText } from '#src/domain/mesh/message-text.js';

describe('the text of a message', () => {
  it('is anything of whole characters up to 4 KiB in UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (text) => {
        const fits = text.length > 0 && Buffer.byteLength(text) <= 4096;
        expect(parseText(text)).toBe(fits ? text : undefined);
      }),
    );
    expect(parseText('ü'.repeat(2048))).toBe('ü'.repeat(2048));
    expect(parseText('\u001b[31m\u202eplease\u0007')).toBeDefined();
  });

  it.each([
    ['nothing', '', 'there is nothing to say'],
    ['half a character', 'a\ud800b', 'half a character'],
    ['one byte too many', `${'ü'.repeat(2048)}.`, 'has 4097 bytes, and a message has 4096 at most'],
  ])('of %s is refused with a sentence', (_, text, sentence) => {
    expect(parseText(text)).toBeUndefined();
    expect(() => checkedText(text)).toThrow(sentence);
  });
});
