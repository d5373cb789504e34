/** Paths of what is shared: what the user meant by one, and where it is remembered how it looked. */
import { createHash } from 'node:crypto';
import { lstatSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from '#src/domain/content/place.js';
import { P2pError, toRecord } from '#src/domain/errors.js';
import { printable } from '#src/domain/printable.js';
import type { Home } from '#src/peer/home.js';

/**
 * Follows links on the way to what the user meant: a share's root is a real file or folder.
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

/**
 * What is to be a share of its own. A link is refused: what it points to has another name, which the others would
 * see, and may be something else tomorrow.
 * @throws P2pError `not-found`, `unreadable`
 */
export function ownPlace(given: string): ReturnType<typeof located> {
  const place = located(given);
  if (lstatSync(given).isSymbolicLink()) {
    const message = `${printable(given)} is a link: share what it points to, ${printable(place.path)}`;
    throw new P2pError('unreadable', message);
  }
  return place;
}

/** @returns the file that remembers how what lies at `path` looked when it was hashed. */
export function fingerprintsOf(home: Home, path: string): string {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 32);
  return join(home.folders.fingerprints, name);
}

type SentPlace = Place & {
  readonly offerId: string;
  readonly exclude?: readonly string[];
  readonly only?: readonly string[] | undefined;
};

/** @returns the same for what is sent: what is shared at that path may be more. */
export function sentFingerprints(
  home: Home,
  { path, parts = [], exclude = [], ...rest }: SentPlace,
): string {
  const { only, offerId } = rest;
  // Every rest is another one.
  if (only !== undefined) return fingerprintsOf(home, JSON.stringify([path, offerId]));
  const isWhole = parts.length === 0 && exclude.length === 0;
  return fingerprintsOf(home, isWhole ? path : JSON.stringify([path, parts, exclude]));
}
