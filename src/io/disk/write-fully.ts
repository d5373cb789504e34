/** Writing of a view to its end: the system may take less of it at once. */
import { writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** @throws the system's errors */
export async function writeFully(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const left = bytes.length - written;
    const { bytesWritten } = await file.write(bytes, written, left, position + written);
    written += bytesWritten;
  }
}

/** Appends to a file that was opened for that, without waiting for other threads. @param file its descriptor. */
export function appendFullySync(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, bytes.length - written, null);
  }
}

/** Writes from the start of a file, without waiting for other threads. @param file an open descriptor. */
export function writeFullySync(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, bytes.length - written, written);
  }
}
