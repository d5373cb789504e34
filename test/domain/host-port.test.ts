import { describe, expect, it } from 'vitest';
import { hostPortText, parseHostPort } from '#src/domain/host-port.js';

describe('an address of a peer', () => {
  it.each([
    ['192.168.1.5:27460', { host: '192.168.1.5', port: 27_460 }],
    ['kitchen.local:1', { host: 'kitchen.local', port: 1 }],
    ['[::1]:27460', { host: '::1', port: 27_460 }],
    ['[fe80::1%eth0]:65532', { host: 'fe80::1%eth0', port: 65_532 }],
  ])('%s is taken', (text, address) => {
    expect(parseHostPort(text)).toEqual(address);
  });

  it.each([
    '',
    ':1',
    'a',
    'a:',
    'a:0',
    'a:65533',
    'a:5x',
    'a: 5',
    '::1:5',
    'a b:5',
    '-a:5',
    'a:1:2',
    'a/b:5',
  ])('%j is none', (text) => {
    expect(parseHostPort(text)).toBeUndefined();
  });
});

describe('an address as text', () => {
  it.each(['a.example:5', '192.0.2.1:5', '[::1]:5'])('is what people write: %s', (text) => {
    const parsed = parseHostPort(text);
    expect(parsed && hostPortText(parsed)).toBe(text);
  });
});
