import { describe, expect, it } from 'vitest';
import { encodeCbor } from '#src/wire/cbor.js';
import { FRAME } from '#src/wire/frame.js';
import { agreedVersion } from '#src/wire/hello.js';
import { decodeMessage } from '#src/wire/message.js';

const sound = {
  oldest: 1,
  newest: 1,
  features: ['a'],
  role: 'link',
  name: 'alice',
  ports: [1, 2, 3, 4],
  instance: '0123456789abcdef',
};

function decode(fields: object) {
  return decodeMessage(FRAME.hello, encodeCbor({ ...sound, ...fields }));
}

describe('a hello', () => {
  it('is taken from a newer peer, whatever more it says', () => {
    expect(decode({ newest: 9, features: ['b', 'c'], more: [1] })).toMatchObject({
      newest: 9,
      features: ['b', 'c'],
      ports: { mesh: 1, transfer: 2, distributor: 3, receiver: 4 },
    });
  });

  it('keeps a bounded number of features', () => {
    const features = Array.from({ length: 1000 }, (_, index) => `${index}`);
    expect(decode({ features })).toMatchObject({ features: features.slice(0, 32) });
  });

  it.each([
    { name: 'x'.repeat(65) },
    { name: 7 },
    { role: 'root' },
    { role: '__proto__' },
    { instance: '0123456789ABCDEF' },
    { instance: '' },
    { ports: [1, 2, 3] },
    { ports: [0, 2, 3, 4] },
    { ports: [1, 2, 3, 65_536] },
    { ports: [1, 2, 3, -1] },
    { ports: 'none' },
    { features: ['x'.repeat(33)] },
    { features: [1] },
    { oldest: -1 },
    { newest: 1e308 },
    { newest: 65_536 },
  ])('is refused with %o', (fields) => {
    expect(() => decode(fields)).toThrow(expect.objectContaining({ code: 'protocol' }));
  });

  it('agrees on the newest version both speak, and names both when there is none', () => {
    expect(agreedVersion({ oldest: 0, newest: 7 })).toBe(1);
    expect(() => agreedVersion({ oldest: 2, newest: 3 })).toThrow(/protocol 2 to 3.* 1 to 1/);
    expect(() => agreedVersion({ oldest: 0, newest: 0 })).toThrow(
      expect.objectContaining({ code: 'version' }),
    );
  });
});
