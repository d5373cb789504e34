import { describe, expect, it } from 'vitest';
import { parseContentId, parseInstance, parsePeerId } from '#src/domain/ids.js';

describe('ids', () => {
  it('are taken exactly as they are written', () => {
    const peer = `${'abc234'.repeat(8)}xyza`;
    expect(parsePeerId(peer)).toBe(peer);
    expect(parseContentId('0f'.repeat(32))).toBe('0f'.repeat(32));
    expect(parseInstance('0123456789abcdef')).toBe('0123456789abcdef');
  });

  it.each([
    '',
    'a'.repeat(51),
    'a'.repeat(53),
    'A'.repeat(52),
    `${'a'.repeat(51)}b`,
    '1'.repeat(52),
  ])('takes %j for no peer id', (text) => expect(parsePeerId(text)).toBeUndefined());

  it.each(['', 'f'.repeat(63), 'f'.repeat(65), 'F'.repeat(64), `${'f'.repeat(64)}\n`])(
    'takes %j for no content id',
    (text) => expect(parseContentId(text)).toBeUndefined(),
  );
});
