/**
 * Chunk hashes of a draft as its sender learns them: runs in the order in which they were learned, each chained to the one
 * before by BLAKE3 over that one's link, its first chunk and its hashes; the sender signs each link, and with it all before.
 */
import { P2pError } from '#src/domain/errors.js';
import { HASH_BYTES, type Hash } from './hash.js';
import type { Manifest } from './manifest.js';

/** One frame, with room for the rest of it. */
export const RUN_HASHES = 1024;

export type HashRun = {
  readonly first: number;
  /** 32 bytes for each chunk. */
  readonly hashes: Uint8Array;
};

/** @param before the link of the run before; 32 zero bytes for the first. */
export function linkOf(before: Uint8Array, { first, hashes }: HashRun, hash: Hash): Uint8Array {
  const bytes = new Uint8Array(HASH_BYTES + 4 + hashes.length);
  bytes.set(before);
  new DataView(bytes.buffer).setUint32(HASH_BYTES, first);
  bytes.set(hashes, HASH_BYTES + 4);
  return hash(bytes);
}

/** Notes what the sender has signed. @throws P2pError `protocol` where there are no such chunks */
export function takeRun({ layout, chunkHashes }: Manifest, { first, hashes }: HashRun): void {
  if (first + hashes.length / HASH_BYTES > layout.chunks) {
    throw new P2pError('protocol', 'hashes of chunks that are none');
  }
  chunkHashes.set(hashes, first * HASH_BYTES);
}
