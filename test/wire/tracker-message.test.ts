import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCbor, encodeCbor } from '#src/wire/cbor.js';
import { Fields } from '#src/wire/fields.js';
import { networkTag, trackerBody, trackerMessageOf } from '#src/wire/tracker-message.js';
import { newNetworkKey } from '#test/support/identities.js';
import { trackerMessage } from '#test/support/tracker-messages.js';

const opened = (body: unknown) =>
  trackerMessageOf(new Fields(decodeCbor(encodeCbor(body)), 'tracker'));

const ID = new Uint8Array(32);
const HOST = Uint8Array.of(192, 168, 1, 5);
const MEMBER = [ID, HOST, 27_460];
const REGISTER = { type: 'register', flag: 'word', network: new Uint8Array(), port: 27_460 };

describe('what peers and trackers say', () => {
  it('comes out as it went in', () => {
    fc.assert(
      fc.property(trackerMessage, (message) => {
        expect(opened(trackerBody(message))).toEqual(message);
      }),
    );
  });

  it.each([
    ['of another type', { type: 'give-me-all' }],
    ['without a type', {}],
    ['with a flag of 129 bytes', { ...REGISTER, flag: 'x'.repeat(129) }],
    ['with a flag that is no text', { ...REGISTER, flag: ID }],
    ['with half a network tag', { ...REGISTER, network: new Uint8Array(8) }],
    ['with a network tag that is a text', { ...REGISTER, network: '' }],
    ['with a port of the system', { ...REGISTER, port: 22 }],
    ['with port 0', { ...REGISTER, port: 0 }],
    ['with a base whose fourth port is none', { ...REGISTER, port: 65_533 }],
    ['with a port that is no whole number', { ...REGISTER, port: 27_460.5 }],
    ['with a member that is dialled at port 25', { type: 'members', members: [[ID, HOST, 25]] }],
    ['with 21 members', { type: 'members', members: Array.from({ length: 21 }, () => MEMBER) }],
    [
      'with a member that has a name for an address',
      { type: 'members', members: [[ID, 'a.b', 1]] },
    ],
    ['with a member without an id', { type: 'members', members: [[HOST, HOST, 27_460]] }],
    ['with a member that is none', { type: 'members', members: [5] }],
    ['with a base below', { type: 'base', port: 1023 }],
    ['with a reason nobody knows', { type: 'turned-down', reason: 'whim' }],
  ])('is refused %s', (_, body) => {
    expect(() => opened(body)).toThrow(expect.objectContaining({ code: 'protocol' }));
  });

  it('marks a network by what says nothing of its key', () => {
    const key = newNetworkKey();
    expect(networkTag(undefined)).toBe('');
    expect(networkTag(key)).toMatch(/^[0-9a-f]{32}$/);
    expect(networkTag(key)).toBe(networkTag(key));
    expect(networkTag(key)).not.toBe(networkTag(newNetworkKey()));
    expect(key).not.toContain(networkTag(key));
  });
});
