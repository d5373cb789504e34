/** Files larger than a test would hold in memory, and a proof that shares no code with the product's. */
import { createHash, randomFillSync } from 'node:crypto';
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { MiB } from '#src/domain/limits.js';

/** Random, so that no chunk equals another. */
export function writeRandom(path: string, bytes: number): string {
  const file = openSync(path, 'w');
  try {
    const block = new Uint8Array(Math.min(bytes, 4 * MiB));
    for (let left = bytes; left > 0; left -= block.length) {
      randomFillSync(block);
      writeSync(file, block, 0, Math.min(left, block.length));
    }
  } finally {
    closeSync(file);
  }
  return path;
}

/** @returns SHA-256 in hexadecimal. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: MiB })) {
    hash.update(part as Buffer);
  }
  return hash.digest('hex');
}
