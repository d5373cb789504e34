import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '#src/domain/printable.js';

describe('printable text', () => {
  it('makes what hides or moves visible (CVE-2023-3417)', () => {
    expect(printable('photo\u202egpj.exe')).toBe('photo\\u{202e}gpj.exe');
    expect(printable('\u001b[31mred')).toBe('\\u{1b}[31mred');
    expect(printable('a\u0085b\u007f')).toBe('a\\u{85}b\\u{7f}');
    expect(printable('zero\u200bwidth')).toBe('zero\\u{200b}width');
    expect(printable('\ud800!')).toBe('\\u{d800}!');
    expect(printable('line\r\nbreak\u2028')).toBe('line\\u{d}\\u{a}break\\u{2028}');
  });

  it('leaves what can be read as it is', () => {
    expect(printable('ünï 日本語 😀 a-b_c.txt')).toBe('ünï 日本語 😀 a-b_c.txt');
  });

  it('never lets a control byte through, whatever the text (CVE-2019-6109)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = Buffer.from(printable(text), 'utf8').toString('utf8');
        expect(/[\p{Cc}\p{Cs}\p{Zl}\u202a-\u202e]/u.test(shown)).toBe(false);
      }),
    );
  });
});
