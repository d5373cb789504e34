/**
 * Announcements inside a private network, 165 bytes: an announcement that only holders of the network key can read.
 *
 *   0 magic `p2ps`   4 version   5 nonce (12)   17 the announcement, AES-256-GCM (132)   149 tag (16)
 *
 * Magic and version are authenticated too. Whoever has no key learns that somebody of a private network is there, and
 * neither his key nor his ports, nor which two datagrams are of one peer.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import type { NetworkKey } from '#src/domain/network-key.js';
import { ANNOUNCEMENT_BYTES } from './announcement.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/**
 * Random for each datagram. A thousand peers on two interfaces send 130 a second: after a year two of their nonces are the
 * same with a chance below 2^-33, and the signature inside still holds then.
 */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Magic `p2ps` and version 1. */
const HEAD = Buffer.from('p2ps\x01', 'latin1');
const BODY_AT = HEAD.length + NONCE_BYTES;
const TAG_AT = BODY_AT + ANNOUNCEMENT_BYTES;

export const SEALED_BYTES = TAG_AT + TAG_BYTES;

/** Apart from every other use of the network key. */
const PURPOSE = 'p2p announcement seal 1';

export type Seal = {
  /** @param announcement a whole one. */
  seal(announcement: Uint8Array): Uint8Array;
  /** @returns the announcement, or undefined if the datagram was not sealed with this key. */
  open(datagram: Uint8Array): Uint8Array | undefined;
};

export function announcementSeal(networkKey: NetworkKey): Seal {
  const derived = hkdfSync('sha256', Buffer.from(networkKey, 'hex'), '', PURPOSE, KEY_BYTES);
  const key = createSecretKey(Buffer.from(derived));
  return {
    seal: (announcement) => sealed(key, announcement),
    open: (datagram) => opened(key, datagram),
  };
}

function sealed(key: KeyObject, announcement: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(HEAD);
  const body = cipher.update(announcement);
  return Buffer.concat([HEAD, nonce, body, cipher.final(), cipher.getAuthTag()]);
}

function opened(key: KeyObject, datagram: Uint8Array): Uint8Array | undefined {
  if (datagram.length !== SEALED_BYTES) return undefined;
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  if (!HEAD.equals(bytes.subarray(0, HEAD.length))) return undefined;
  const nonce = bytes.subarray(HEAD.length, BODY_AT);
  const cipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(HEAD);
  cipher.setAuthTag(bytes.subarray(TAG_AT));
  const body = cipher.update(bytes.subarray(BODY_AT, TAG_AT));
  try {
    cipher.final();
    return body;
  } catch {
    // Node's only way to say that the tag does not fit: another network's, or nobody's.
    return undefined;
  }
}
