/**
 * How one end of a TLS session shows the other that it has the network key: an HMAC over what only the two ends of this
 * session can derive, so that a proof is worth nothing in any other, and over who speaks, so that none can be sent back.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { NetworkKey } from '#src/domain/network-key.js';

/** Of HMAC-SHA-256. */
export const PROOF_BYTES = 32;

/** What is exported from the session: as much as the key has. RFC 8446 leaves labels that begin so to everybody. */
export const EXPORTER = { label: 'EXPERIMENTAL p2p network 1', bytes: 32 } as const;

/** Who dialled, and who was. */
export type End = 'client' | 'server';

/** @param exported of both ends' TLS session, by `EXPORTER`. */
export function networkProof(key: NetworkKey, exported: Uint8Array, end: End): Uint8Array {
  const hmac = createHmac('sha256', Buffer.from(key, 'hex'));
  return hmac.update(exported).update(end, 'latin1').digest();
}

/** In a time that tells nothing of where a wrong one differs. */
export function isProof(
  given: Uint8Array,
  key: NetworkKey,
  exported: Uint8Array,
  end: End,
): boolean {
  return given.length === PROOF_BYTES && timingSafeEqual(given, networkProof(key, exported, end));
}
