import { describe, expect, it } from 'vitest';
import {
  isLoopback,
  mayPointTo,
  nearnessOf,
  plainAddress,
  unmapped,
} from '#src/domain/discovery/nearness.js';

const PUBLIC = ['8.8.8.8', '172.15.0.1', '172.32.0.1', '100.63.0.1', '2001:db8::1', 'fb00::1'];
const PRIVATE = ['10.0.0.1', '172.16.0.1', '172.31.255.1', '192.168.1.5', '100.64.0.1', 'fd00::1'];
const LINK_LOCAL = ['169.254.1.1', 'fe80::1', 'febf::1'];
const LOOPBACK = ['127.0.0.1', '127.255.0.9', '::1'];
const ODD = ['0.0.0.0', '0.1.2.3', '224.0.0.1', '255.255.255.255', '240.0.0.1', '::', 'ff02::1'];
/** An IPv4 address in another dress. */
const DRESSED = ['::ffff:7f00:1', '::127.0.0.1'];
const NOBODY = [...ODD, ...DRESSED, '', 'localhost', 'router.lan', '1.2.3', '1.2.3.4.5'];

describe('nearness', () => {
  it.each([
    ['public', 0, PUBLIC],
    ['private', 1, PRIVATE],
    ['link-local', 2, LINK_LOCAL],
    ['loopback', 3, LOOPBACK],
    ['nobody’s', undefined, NOBODY],
  ] as const)('of %s addresses is %s', (_, nearness, addresses) => {
    for (const address of addresses)
      expect([address, nearnessOf(address)]).toEqual([address, nearness]);
  });

  it('is what nobody farther away may point to', () => {
    const ranks = [PUBLIC, PRIVATE, LINK_LOCAL, LOOPBACK];
    for (const [from, speakers] of ranks.entries()) {
      for (const [to, addresses] of ranks.entries()) {
        for (const speaker of speakers) {
          for (const address of addresses) expect(mayPointTo(speaker, address)).toBe(to <= from);
        }
      }
      for (const speaker of speakers) {
        for (const address of NOBODY) expect(mayPointTo(speaker, address)).toBe(false);
      }
    }
    expect(mayPointTo('not an address', '127.0.0.1')).toBe(false);
  });

  it('knows an address by its plain form, whichever socket showed it', () => {
    expect(plainAddress('::ffff:127.0.0.1')).toBe('127.0.0.1');
    expect(plainAddress('fe80::1%eth0')).toBe('fe80::1');
    expect(plainAddress('192.168.1.5')).toBe('192.168.1.5');
    expect(isLoopback(plainAddress('::ffff:127.0.0.1'))).toBe(true);
  });
});

it('an IPv4 address that came as IPv6 is plain, and a zone stays where it is dialled from here', () => {
  expect(unmapped('::ffff:10.0.0.1')).toBe('10.0.0.1');
  expect(unmapped('fe80::1%eth0')).toBe('fe80::1%eth0');
  expect(plainAddress('fe80::1%eth0')).toBe('fe80::1');
});
