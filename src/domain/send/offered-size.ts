/** What somebody accepted is no more than what was offered. Pure. */
import { P2pError } from '#src/domain/errors.js';
import { MiB } from '#src/domain/limits.js';

/** None where nothing was offered. */
export type OfferedSize = {
  readonly mostBytes?: number;
  readonly mostFiles?: number;
};

/** What changes before it is fetched may grow a little: a page of a log, a picture that was turned. */
export function roomFor(bytes: number): number {
  return bytes + Math.max(MiB, Math.floor(bytes / 100));
}

/** @throws P2pError `too-large` for a content that has more files, or is more, than that */
export function requireOffered(
  { bytes, files }: { readonly bytes: number; readonly files: number },
  { mostBytes = Number.POSITIVE_INFINITY, mostFiles = Number.POSITIVE_INFINITY }: OfferedSize,
): void {
  if (files > mostFiles) throw tooLarge(`it has ${files} files, and ${mostFiles} were offered`);
  if (bytes > mostBytes) {
    throw tooLarge(`it has ${bytes} bytes, and what was offered may have ${mostBytes} at most`);
  }
}

function tooLarge(why: string): P2pError {
  return new P2pError('too-large', `Refused: ${why}.`);
}
