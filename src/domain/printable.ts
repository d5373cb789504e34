/**
 * Text from elsewhere (names, messages, error texts of other peers) made safe to show in a terminal or a
 * log: what would move the cursor, change the direction of reading or hide shows as `\u{202e}` instead.
 */

// Cc: C0, DEL, C1. Cf: bidirectional controls, zero-width characters, soft hyphen, tags. Cs: lone surrogates
// (under `u`). Zl, Zp: separators that some terminals take for new lines. The rest are Hangul fillers, drawn
// as nothing.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

/** @returns the text with every control, bidirectional, zero-width character and lone surrogate visible. */
export function printable(text: string): string {
  return text.replace(HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
