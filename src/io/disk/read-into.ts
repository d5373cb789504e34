/** Reading of a file into several views, as if they were one run of memory. */
import { readvSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** @returns false where the file ends too early. */
export async function readInto(
  file: FileHandle,
  targets: readonly Uint8Array[],
  position: number,
): Promise<boolean> {
  let left = targets;
  let at = position;
  while (left.length > 0) {
    const { bytesRead } = await file.readv(left, at);
    if (bytesRead === 0) return false;
    at += bytesRead;
    left = viewsOf(left, bytesRead, Number.POSITIVE_INFINITY);
  }
  return true;
}

/** The same without waiting for other threads. @param file an open descriptor. */
export function readIntoSync(file: number, targets: readonly Uint8Array[]): boolean {
  let left = targets;
  let at = 0;
  while (left.length > 0) {
    const bytesRead = readvSync(file, left, at);
    if (bytesRead === 0) return false;
    at += bytesRead;
    left = viewsOf(left, bytesRead, Number.POSITIVE_INFINITY);
  }
  return true;
}

/** @returns the views of `bytes` bytes from `offset` on, as if the targets were one run. */
export function viewsOf(
  targets: readonly Uint8Array[],
  offset: number,
  bytes: number,
): readonly Uint8Array[] {
  const views: Uint8Array[] = [];
  let start = 0;
  for (const target of targets) {
    const from = Math.max(offset - start, 0);
    const to = Math.min(offset + bytes - start, target.length);
    if (from < to) views.push(target.subarray(from, to));
    start += target.length;
  }
  return views;
}
