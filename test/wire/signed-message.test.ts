import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { announcerKey } from '#src/wire/announcement.js';
import { peerIdOf } from '#src/wire/peer-id.js';
import {
  MESSAGE_BYTES,
  messageIdOf,
  openMessage,
  type Said,
  signMessage,
} from '#src/wire/signed-message.js';
import { peerId } from '#test/support/mesh-messages.js';
import { query } from '#test/support/query-messages.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const KEY = announcerKey(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
const AUTHOR = peerIdOf(publicKey.export({ format: 'der', type: 'spki' }));

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 });
const said: fc.Arbitrary<Said> = fc.oneof(
  fc.record({ kind: fc.constant('say' as const), text }),
  fc.record({ kind: fc.constant('tell' as const), text, to: peerId }),
  fc.constant({ kind: 'pulse' as const }),
  fc.record({ kind: fc.constant('query' as const), query }),
  fc.constant({ kind: 'stop' as const }),
);

const BARE = { epoch: 1, sequence: 2, sentAt: 3, name: 'anna' };

const hello = (words: string) => signMessage({ ...BARE, said: { kind: 'say', text: words } }, KEY);

describe('a signed message', () => {
  it('is what its author said', () => {
    const count = fc.nat(2 ** 40);
    const fields = {
      epoch: count,
      sequence: count,
      sentAt: count,
      name: fc.string({ maxLength: 16 }),
    };
    fc.assert(
      fc.property(fc.record({ ...fields, said }), (message) => {
        const payload = signMessage(message, KEY);
        expect(payload.length).toBeLessThanOrEqual(MESSAGE_BYTES);
        expect(openMessage(payload)).toEqual({ author: AUTHOR, ...message });
      }),
      { numRuns: 50 },
    );
  });

  it('of the longest text and name fits', () => {
    const message = {
      ...BARE,
      name: 'n'.repeat(64),
      said: { kind: 'say', text: 'ü'.repeat(2048) },
    };
    expect(openMessage(signMessage(message as never, KEY))).toMatchObject({ said: message.said });
  });

  it('is refused with any bit turned, shortened, or lengthened', () => {
    const payload = hello('hello');
    for (let bit = 0; bit < payload.length * 8; bit += 1) {
      const turned = Buffer.from(payload);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => openMessage(turned)).toThrow(/./);
      expect(messageIdOf(turned)).not.toBe(messageIdOf(payload));
    }
    for (let length = 0; length < payload.length; length += 1) {
      expect(() => openMessage(payload.subarray(0, length))).toThrow(/./);
    }
    expect(() => openMessage(Buffer.concat([payload, Buffer.alloc(1)]))).toThrow(/sign/);
  });

  it.each([
    ['nothing', ''],
    ['more than 4 KiB', 'ü'.repeat(2049)],
  ])('with %s in it is refused, though it is signed', (_, words) => {
    expect(() => openMessage(hello(words))).toThrow(/message/);
  });
});
