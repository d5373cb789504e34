import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, rawAddress } from '#src/wire/ip-address.js';
import { ipAddress } from '#test/support/mesh-messages.js';

describe('an IP address', () => {
  it('is the same text after it was bytes, and one that sockets take', () => {
    fc.assert(
      fc.property(ipAddress, (address) => {
        expect(isIP(address)).not.toBe(0);
        expect(addressOf(rawAddress(address))).toBe(address);
      }),
    );
  });

  it.each([
    ['192.168.0.7', '192.168.0.7'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1::', '1::'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'],
  ])('%s is told as %s', (address, told) => {
    expect(addressOf(rawAddress(address))).toBe(told);
  });

  it.each([
    '',
    'a.example',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    '1:2',
    ':::',
    '1::2::3',
    'g::',
    '1:2:3:4:5:6:7:8::',
  ])('is not %j', (text) => {
    expect(isIP(text)).toBe(0);
    expect(() => rawAddress(text)).toThrow('is no IP address');
  });

  it.each([new Uint8Array(5), 'ab', undefined])('is not made of %j', (raw) => {
    expect(() => addressOf(raw)).toThrow('no IP address');
  });
});
