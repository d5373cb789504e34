import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseInstance, parsePeerId } from '#src/domain/ids.js';
import { portsFrom } from '#src/domain/ports.js';
import {
  ANNOUNCEMENT_BYTES,
  announcerKey,
  encodeAnnouncement,
  parseClaim,
  prove,
} from '#src/wire/announcement.js';
import { markOfPeerId, peerIdOf, rawKeyOfSpki, spkiOfRawKey } from '#src/wire/peer-id.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = announcerKey(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
const spki = publicKey.export({ format: 'der', type: 'spki' });
const instance = parseInstance('0123456789abcdef') ?? expect.fail();
const standing = { load: 3, component: 0xfedcba98 };
const ports = portsFrom(27460);
const fields = { flag: 'start', ports, instance, sequence: 7, ...standing } as const;
const ZERO_KEY_ID = 'oivl2exjtjjwp43vv24wokuoa5ys4a6cvxiw7kgwsfgrz6ro7yga';
const good = encodeAnnouncement(fields, key);

function read(bytes: Uint8Array) {
  const claim = parseClaim(bytes);
  return claim && prove(claim, bytes);
}

/** A datagram whose signature is right though a field is wrong, as only its key's owner can make one. */
function changed(at: number, bytes: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(good);
  copy.set(bytes, at);
  return copy;
}

describe('an announcement', () => {
  it('comes back as it was sent, with the id of the key that signed it', () => {
    expect(good.length).toBe(ANNOUNCEMENT_BYTES);
    expect(read(good)).toMatchObject({ ...fields, peerId: peerIdOf(spki) });
  });

  it.each(['start', 'alive', 'stop'] as const)('carries the flag %s', (flag) => {
    const sequence = Number.MAX_SAFE_INTEGER;
    const bytes = encodeAnnouncement({ ...fields, flag, sequence, load: 65535 }, key);
    expect(read(bytes)).toMatchObject({ flag, sequence, load: 65535 });
  });

  it('is refused with any single bit flipped', () => {
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = Uint8Array.from(good);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(read(bytes), `bit ${bit}`).toBeUndefined();
    }
  });

  it('is refused at every length but its own', () => {
    for (let length = 0; length <= 300; length++) {
      const bytes = new Uint8Array(length);
      bytes.set(good.subarray(0, length));
      expect(parseClaim(bytes) === undefined, `length ${length}`).toBe(length !== good.length);
    }
  });

  it.each([
    ['a magic that is not ours', 0, [0x50]],
    ['version 0', 4, [0]],
    ['version 2', 4, [2]],
    ['a flag there is not', 5, [3]],
    ['a port 0', 6, [0, 0]],
    ['a last port 0', 12, [0, 0]],
    ['the sequence 2^53', 54, [0, 0x20, 0, 0, 0, 0, 0, 0]],
    ['the sequence 2^64-1', 54, [255, 255, 255, 255, 255, 255, 255, 255]],
  ])('is refused before the signature is looked at for %s', (_what, at, bytes) => {
    expect(parseClaim(changed(at, bytes))).toBeUndefined();
  });

  it('is refused when another key signed it', () => {
    const other = announcerKey(
      generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    );
    expect(
      read(encodeAnnouncement(fields, { secret: other.secret, raw: key.raw })),
    ).toBeUndefined();
  });

  it('is signed with Ed25519 only', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    expect(() => announcerKey(pem)).toThrow(TypeError);
  });
});

describe('a peer id', () => {
  it('is the base32 of the SHA-256 of the public key', () => {
    const zeros = spkiOfRawKey(new Uint8Array(32));
    // openssl dgst -sha256 of the SPKI, then `base32 | tr A-Z a-z | tr -d =`.
    expect(peerIdOf(zeros)).toBe(ZERO_KEY_ID);
    expect(parsePeerId(peerIdOf(spki))).toBe(peerIdOf(spki));
  });

  it('is marked by its last bytes, never by 0', () => {
    const id = parsePeerId(ZERO_KEY_ID) ?? expect.fail();
    const end = createHash('sha256')
      .update(spkiOfRawKey(new Uint8Array(32)))
      .digest()
      .subarray(28);
    expect(markOfPeerId(id)).toBe(end.readUInt32BE());
    expect(markOfPeerId(parsePeerId('a'.repeat(52)) ?? expect.fail())).toBe(1);
  });

  it('is the same from the raw key as from the certificate key', () => {
    const raw = rawKeyOfSpki(spki) ?? expect.fail();
    expect(peerIdOf(spkiOfRawKey(raw))).toBe(peerIdOf(spki));
    expect(() => spkiOfRawKey(raw.subarray(1))).toThrow(RangeError);
    expect(rawKeyOfSpki(spki.subarray(1))).toBeUndefined();
  });
});
