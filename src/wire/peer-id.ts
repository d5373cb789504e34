import { createHash } from 'node:crypto';
import type { PeerId } from '#src/domain/ids.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): this prefix, then the 32 bytes of the key. */
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** @param spki the public key as SubjectPublicKeyInfo in DER. */
export function peerIdOf(spki: Uint8Array): PeerId {
  return base32(createHash('sha256').update(spki).digest()) as PeerId;
}

/** @param raw the 32 bytes of an Ed25519 public key. */
export function spkiOfRawKey(raw: Uint8Array): Uint8Array {
  return Buffer.concat([ED25519_SPKI_PREFIX, raw]);
}

/** RFC 4648, lower case, without padding. */
function base32(bytes: Uint8Array): string {
  let text = '';
  let value = 0;
  let bits = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}
