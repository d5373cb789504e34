/** Paths of what is shared: what the user meant by one, and where it is remembered how it looked. */
import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { Home } from './home.js';

/**
 * Follows links to what the user meant: a share's root is a real file or folder.
 * @throws P2pError `not-found`, `unreadable`
 */
export function located(given: string): { readonly path: string; readonly isFolder: boolean } {
  try {
    const path = realpathSync(given);
    return { path, isFolder: statSync(path).isDirectory() };
  } catch (cause) {
    const { code: systemCode } = toRecord(cause);
    const isMissing = systemCode === 'ENOENT';
    // By its code alone: the system's sentence names the path once more.
    const why = isMissing ? 'does not exist' : `cannot be read (${systemCode})`;
    const code = isMissing ? 'not-found' : 'unreadable';
    throw new P2pError(code, `${printable(given)} ${why}`, { cause });
  }
}

/** @returns the file that remembers how what lies at `path` looked when it was hashed. */
export function fingerprintsOf(home: Home, path: string): string {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  return join(home.folders.fingerprints, name);
}
