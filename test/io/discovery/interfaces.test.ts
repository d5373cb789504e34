import { describe, expect, it } from 'vitest';
import {
  accepts,
  interfaceOf,
  isOwnAddress,
  scanInterfaces,
} from '#src/io/discovery/interfaces.js';

describe('interfaces', () => {
  it.each([
    ['192.168.1.5', '255.255.255.0', '192.168.1.255'],
    ['10.3.2.1', '255.255.240.0', '10.3.15.255'],
    ['127.0.0.1', '255.0.0.0', '127.255.255.255'],
    ['10.0.0.1', '255.255.255.255', undefined],
    ['10.0.0.1', '255.255.255.254', undefined],
  ])('of %s with netmask %s broadcast to %s', (address, netmask, broadcast) => {
    expect(interfaceOf(address, netmask, false).broadcast).toBe(broadcast);
  });

  it('are only loopback, with its broadcast address, when restricted to 127.0.0.1', () => {
    expect(scanInterfaces('127.0.0.1')).toEqual([interfaceOf('127.0.0.1', '255.0.0.0', true)]);
  });

  it('include loopback when not restricted, and are none for an address that is not here', () => {
    expect(scanInterfaces('0.0.0.0').some((one) => one.internal)).toBe(true);
    expect(scanInterfaces('203.0.113.7')).toEqual([]);
  });
});

describe('a datagram', () => {
  const lan = [interfaceOf('192.168.1.5', '255.255.255.0', false)];

  it.each([
    ['0.0.0.0', '8.8.8.8', true],
    ['127.0.0.1', '127.0.0.9', true],
    ['127.0.0.1', '192.168.1.6', false],
    ['192.168.1.5', '192.168.1.6', true],
    ['192.168.1.5', '192.168.2.6', false],
    ['192.168.1.5', '127.0.0.1', false],
  ])('for a peer restricted to %s from %s is listened to: %s', (host, source, expected) => {
    expect(accepts(host, lan, source)).toBe(expected);
  });

  it('from this machine is known as such', () => {
    expect(['127.0.0.1', '192.168.1.5'].every((one) => isOwnAddress(lan, one))).toBe(true);
    expect(isOwnAddress(lan, '192.168.1.6')).toBe(false);
  });
});
