/**
 * A peer's id from its public key. It hashes the key, not the certificate, so that a certificate can be
 * issued anew without the peer becoming another one.
 */
import { createHash } from 'node:crypto';
import { type PeerId, parsePeerId } from '#src/domain/ids.js';

/** RFC 8410: what stands before the 32 key bytes in every Ed25519 SubjectPublicKeyInfo (DER). */
const ED25519_SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const RAW_KEY_BYTES = 32;
/** A SHA-256. */
const PEER_ID_BYTES = 32;
/** RFC 4648, section 6, in lower case: an id is typed and read aloud. */
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** @returns the peer id of a public key in DER (SPKI): base32 of its SHA-256, 52 characters. */
export function peerIdOf(spki: Uint8Array): PeerId {
  const id = parsePeerId(base32(createHash('sha256').update(spki).digest()));
  if (id === undefined) throw new Error('a SHA-256 in base32 is always a peer id');
  return id;
}

/** @param raw the 32 bytes of an Ed25519 public key; throws on any other length. */
export function spkiOfRawKey(raw: Uint8Array): Uint8Array {
  if (raw.length !== RAW_KEY_BYTES) throw new RangeError('an Ed25519 public key has 32 bytes');
  return Buffer.concat([ED25519_SPKI_PREFIX, raw]);
}

/** @returns the 32 key bytes of an Ed25519 SPKI, or undefined if it is of another kind. */
export function rawKeyOfSpki(spki: Uint8Array): Uint8Array | undefined {
  const prefix = spki.subarray(0, ED25519_SPKI_PREFIX.length);
  const raw = spki.subarray(ED25519_SPKI_PREFIX.length);
  return ED25519_SPKI_PREFIX.equals(prefix) && raw.length === RAW_KEY_BYTES ? raw : undefined;
}

/** @returns the 32 bytes that the id spells. */
export function rawPeerId(id: PeerId): Uint8Array {
  const bytes = new Uint8Array(PEER_ID_BYTES);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of id) {
    held = (held << 5) | ALPHABET.indexOf(character);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at] = held >> bits;
    held &= (1 << bits) - 1;
    at += 1;
  }
  return bytes;
}

/** @returns a mark of it in 32 bits; its end, since of a smallest id the beginning says little. Never 0, which names nobody. */
export function markOfPeerId(id: PeerId): number {
  return Buffer.from(rawPeerId(id)).readUInt32BE(PEER_ID_BYTES - 4) || 1;
}

/** @param raw 32 bytes. */
export function peerIdOfRaw(raw: Uint8Array): PeerId {
  return base32(raw) as PeerId;
}

function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >> (bits - 5)) & 31);
    held &= 31;
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (5 - bits)) & 31);
}
