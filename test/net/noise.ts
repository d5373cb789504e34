/** Files that no two chunks of are alike, written and compared. */
import { createHash, randomFillSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

/** @returns the path. */
export function writeNoise(path: string, bytes: number): string {
  writeFileSync(path, randomFillSync(Buffer.allocUnsafe(bytes)));
  return path;
}

export function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
