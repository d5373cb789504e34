import { describe, expect, it } from 'vitest';
import { parseNetworkKey } from '#src/domain/network-key.js';

const KEY = 'a1'.repeat(32);

describe('a network key', () => {
  it('is 64 hexadecimal digits in lower case', () => {
    expect(parseNetworkKey(KEY)).toBe(KEY);
  });

  it.each([
    '',
    KEY.slice(1),
    `${KEY}0`,
    KEY.toUpperCase(),
    `0x${KEY.slice(2)}`,
    ` ${KEY}`,
    `${KEY}\n`,
    `${KEY.slice(1)}g`,
  ])('is not %j', (text) => {
    expect(parseNetworkKey(text)).toBeUndefined();
  });
});
