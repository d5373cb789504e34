/** Hashes a file in one thread with what the product hashes with, and nothing around it: FILE. */
import { openSync, readSync } from 'node:fs';
import { Blake3Hasher } from '@napi-rs/blake-hash';

const READ_BYTES = 1024 * 1024;

const begun = performance.now();
const file = openSync(process.argv[2], 'r');
const piece = Buffer.alloc(READ_BYTES);
const hasher = new Blake3Hasher();
for (let read = -1; read !== 0; ) {
  read = readSync(file, piece);
  hasher.update(piece.subarray(0, read));
}
const hash = hasher.digestBuffer().toString('hex');
console.log(JSON.stringify({ type: 'done', hash, ms: performance.now() - begun }));
