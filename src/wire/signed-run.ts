/**
 * Runs of a draft's chunk hashes as its sender signs them: Ed25519 over CONTEXT, the draft's id and the run's link
 * (hash-run.ts), which stands for all runs before it too.
 */
import { createPublicKey, sign, verify } from 'node:crypto';
import type { ContentId, PeerId } from '#src/domain/ids.js';
import type { AnnouncerKey } from './announcement.js';
import { peerIdOf, spkiOfRawKey } from './peer-id.js';

/** Signed in front, so that no signature made for another purpose is ever one of hashes. */
const CONTEXT = Buffer.from('p2p hashes 1\0', 'latin1');

export const RUN_KEY_BYTES = 32;
export const RUN_SIGNATURE_BYTES = 64;

export function signRun(draft: ContentId, link: Uint8Array, key: AnnouncerKey): Uint8Array {
  return sign(null, signedPart(draft, link), key.secret);
}

/** @param key of the signer, raw. @returns whether this peer signed that this link is of this draft */
export function isRunOf(
  peer: PeerId,
  key: Uint8Array,
  draft: ContentId,
  link: Uint8Array,
  signature: Uint8Array,
): boolean {
  const spki = spkiOfRawKey(key);
  if (peerIdOf(spki) !== peer) return false;
  const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return verify(null, signedPart(draft, link), publicKey, signature);
}

function signedPart(draft: ContentId, link: Uint8Array): Uint8Array {
  return Buffer.concat([CONTEXT, Buffer.from(draft, 'hex'), link]);
}
