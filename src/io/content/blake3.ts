/** BLAKE3-256 by the native package: 3.2 GB/s a core, and each call as large as the caller makes it. */
import { Blake3Hasher, blake3 } from '@napi-rs/blake-hash';
import type { Hash } from '#src/domain/content/hash.js';
import { BLOCK_BYTES, blake3OfBlock } from './blake3-block.js';

/** What is a block at most is not worth the way to the native code. */
export const blake3Of: Hash = (bytes) =>
  bytes.length <= BLOCK_BYTES ? blake3OfBlock(bytes) : blake3(asBuffer(bytes));

/** Hashes what comes in pieces; `digest` may be called once. */
export type Blake3Stream = {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
};

export function blake3Stream(): Blake3Stream {
  const hasher = new Blake3Hasher();
  return {
    update: (bytes) => {
      hasher.update(asBuffer(bytes));
    },
    digest: () => hasher.digestBuffer(),
  };
}

/** The native code takes Buffers only: the same memory under another name. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
